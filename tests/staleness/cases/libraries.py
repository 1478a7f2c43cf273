"""Classes, functions and objects that libraries make of the project's code: their state differs from process to process."""

from staleness.case import hit, rebuild

_PYDANTIC = """
    import pydantic

    class Row(pydantic.BaseModel):
        %s

    %%build %s
    """
_LIMIT = """attempt(Row, x)

    def attempt(row, x):
        try:
            return row(a=x).a
        except ValueError:
            return 'refused'"""
_TWICE = """a: int = 2

        def twice(self):
            return self.a * <<2=>3>>"""
_ARGUMENT = """
    --- pipeline.py
    import rows

    %build x.twice()
    --- rows.py
    import pydantic

    class Row(pydantic.BaseModel):
        a: int = 2

        def twice(self):
            return self.a * <<2=>3>>
    """
_ATTRS = """
    import attrs

    @attrs.frozen
    class Row:
        a: int = attrs.field(default=<<%s>>, converter=lambda v: v * <<%s>>)

        def scaled(self, by):
            return self.a * by  # <<%s>>

    %%build Row().scaled(x)
    """
_MSGSPEC = """
    import msgspec

    class Row(msgspec.Struct):
        a: <<%s>> = <<%s>>

    %%build msgspec.to_builtins(Row()), msgspec.convert({'a': 4}, Row, strict=False).a
    """
_CURRY = """
    import toolz

    @toolz.curry
    def scaled(by, v):
        return v * by + <<%s>>  # <<%s>>

    %%build scaled(2)(x)
    """
_SITE = """
    import pathlib
    import sys
    sys.path.insert(0, str(pathlib.Path(__file__).parent / 'site-packages'))
    """
_SYMBOL = """
    --- site-packages/symbols.py
    class Symbol(int):
        def __new__(cls, name, value):
            self = super().__new__(cls, value)
            self.name = name
            return self

        def __reduce__(self):
            return Symbol, (self.name, int(self))

    def named(name):
        return Symbol(name, hash(name))
    --- pipeline.py""" + _SITE + """
    import symbols

    K = symbols.named('<<%s>>')  # <<%s>>
    %%build K.name * x
    """
_TASK = """
    --- site-packages/tasks.py
    import uuid

    class Task:
        def __init__(self, function):
            self.function, self.key = function, f'{function.__name__}-{uuid.uuid4()}'

        def __dask_graph__(self):
            return {self.key: self.function}
    --- pipeline.py""" + _SITE + """
    import tasks

    @tasks.Task
    def scaled(v):
        return v * <<%s>>  # <<%s>>

    %%build scaled.function(x)
    """

CASES = [
    rebuild("library-pydantic-default", _PYDANTIC % ("a: int = <<2=>3>>", "Row().a * x")),
    rebuild("library-pydantic-type", _PYDANTIC % ("a: <<int=>float>>", "repr(Row(a='3').a)")),
    rebuild("library-pydantic-limit", _PYDANTIC % ("a: int = pydantic.Field(ge=<<0=>5>>)", _LIMIT)),
    rebuild("library-pydantic-method", _PYDANTIC % (_TWICE, "Row().twice()")),
    hit("library-pydantic-docstring", _PYDANTIC % ("'''<<One=>Two>>.'''\n        a: int = 2", "Row().a * x")),
    hit("library-pydantic-comment", _PYDANTIC % ("a: int = 2  # <<one=>two>>", "Row().a * x")),
    rebuild("library-pydantic-argument", _ARGUMENT, call="build(rows.Row())", prep="import rows\nfrom pipeline import build"),
    rebuild("library-attrs-default", _ATTRS % ("2=>3", "2=>2", "a=>a")),
    rebuild("library-attrs-converter", _ATTRS % ("2=>2", "2=>3", "a=>a")),
    hit("library-attrs-comment", _ATTRS % ("2=>2", "2=>2", "a=>b")),
    rebuild("library-msgspec-default", _MSGSPEC % ("int=>int", "2=>3")),
    rebuild("library-msgspec-annotation", _MSGSPEC % ("int=>float", "2=>2")),
    rebuild("library-curry-body", _CURRY % ("2=>3", "a=>a")),
    hit("library-curry-comment", _CURRY % ("2=>2", "a=>b")),
    rebuild("library-hash-of-a-text", _SYMBOL % ("a=>b", "a=>a")),
    hit("library-hash-of-a-text-comment", _SYMBOL % ("a=>a", "a=>b")),
    rebuild("library-random-name-of-a-task", _TASK % ("2=>3", "a=>a")),
    hit("library-random-name-of-a-task-comment", _TASK % ("2=>2", "a=>b")),
]  # fmt: skip
