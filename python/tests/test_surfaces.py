"""The decorator in every place where it may stand: methods, properties, classes, handles, the command line."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import types

import cloudpickle
import heirloom
import pytest
from heirloom import State

# Where the walk of a builder's code does not look: what is built must not count as an input.
built = sys.heirloom_built = []


@pytest.fixture(autouse=True)
def _fresh(heirloom_store):
    built.clear()


@heirloom.cached
class Table:
    """A class whose instances are shared."""

    __heirloom_versions__ = {"dev1": 3}  # noqa: RUF012

    def __init__(self, year, carrier="UA"):
        sys.heirloom_built.append(year)
        self.year, self.carrier = year, carrier

    def __heirloom_traits__(self):
        return {"columns": ("year", self.carrier)}

    def double(self):
        return self.year * 2


class Wide(Table):
    pass


def test_a_class_returns_its_one_instance():
    table = Table(2013)
    assert Table(2013, carrier="UA") is table
    assert isinstance(table, Table)
    assert type(table) is Table
    assert table.double() == 4026
    assert Table(2014) is not table
    assert built == [2013, 2014]
    assert Table.state(2013) is State.IN_MEMORY
    assert Table.explain(2013).facts["record"]["fingerprint"]["versions"] == {"dev1": 3}
    assert Table.expect(columns="UA")(2013) is table
    assert Table.cache_info().misses == 2


def test_a_subclass_of_a_cached_class_is_not_cached():
    assert Wide(1) is not Wide(1)
    assert type(Wide(1)) is Wide


def test_instances_of_a_cached_class_are_pickled_and_copied():
    table = Table(2013)
    assert pickle.loads(pickle.dumps(table)).year == 2013
    assert copy.deepcopy(table) is not table
    assert built == [2013]


def test_a_class_that_builds_nothing_is_refused():
    with pytest.raises(TypeError, match="Empty builds nothing"):

        @heirloom.cached
        class Empty:
            pass


class Owner:
    """Methods of all kinds, with the decorators in both orders."""

    def __heirloom_key__(self):
        return "owner"

    @heirloom.cached
    def method(self, x):
        sys.heirloom_built.append(x)
        return [x]

    @property
    @heirloom.cached
    def size(self):
        sys.heirloom_built.append("size")
        return [1]

    @heirloom.cached
    @property
    def length(self):
        sys.heirloom_built.append("length")
        return [2]

    @classmethod
    @heirloom.cached
    def above(cls, x):
        sys.heirloom_built.append(x)
        return [cls.__name__, x]

    @heirloom.cached
    @classmethod
    def below(cls, x):
        sys.heirloom_built.append(x)
        return [cls.__name__, x]

    @staticmethod
    @heirloom.cached
    def outer(x):
        sys.heirloom_built.append(x)
        return [x]

    @heirloom.cached
    @staticmethod
    def inner(x):
        sys.heirloom_built.append(x)
        return [x]


def test_methods_of_every_kind():
    owner, other = Owner(), Owner()
    assert owner.method(1) is other.method(1)
    assert owner.method.state(1) is State.IN_MEMORY
    assert Owner.method(owner, 1) is owner.method(1)
    assert owner.size is other.size
    assert owner.length is other.length
    for call in (Owner.above, Owner.below, Owner.outer, Owner.inner):
        assert call(5) is call(5)
    assert Owner.above(5) == ["Owner", 5]
    assert owner.below(5) is Owner.below(5)
    assert built == [1, "size", "length", 5, 5, 5, 5]


@heirloom.cached
def grid(n):
    sys.heirloom_built.append(n)
    return list(range(n))


def test_a_handle_is_small_and_means_the_object():
    handle = grid.handle(100_000)
    assert handle.state() is State.ABSENT
    sent = pickle.dumps(handle)
    assert len(sent) < 200
    received = pickle.loads(sent)
    assert received.get() is grid(100_000)
    assert built == [100_000]
    assert received.forget() == 1
    assert handle.explain().state is State.ABSENT
    assert repr(handle) == "<handle test_surfaces:grid(100000)>"


def test_a_decorated_function_is_sent_by_cloudpickle():
    assert cloudpickle.loads(cloudpickle.dumps(grid)) is grid


def test_none_is_a_value():
    nothing = heirloom.cached(lambda: sys.heirloom_built.append(0), name="nothing")
    assert nothing() is None
    assert nothing() is None
    assert built == [0]


def test_tables_for_notebooks():
    grid(3)
    assert grid.cache_info()._repr_html_().startswith("<table><tr><th>hits</th>")
    assert "<td>1</td>" in grid.cache_info()._repr_html_()


@pytest.mark.parametrize("flags", [(), ("-O",), ("-I",)])
def test_python_m_heirloom_is_the_command_line(project, flags):
    project.write("etl.py", "import heirloom\n@heirloom.cached\ndef table(x): return [x]\n")
    project.run("import etl; etl.table(7)")
    path = heirloom.__file__.rpartition("/heirloom/")[0]
    start = f"import sys, runpy; sys.path.insert(0, {path!r}); sys.argv[1:] = ['ls', '--json']; "
    program = start + "runpy.run_module('heirloom', run_name='__main__', alter_sys=True)"
    done = subprocess.run(
        [sys.executable, *flags, "-c", program], cwd=project.folder, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "etl:table" in done.stdout


def test_the_main_module_and_a_spawned_child_share(project):
    project.write(
        "script.py",
        """
        import heirloom, multiprocessing
        @heirloom.cached
        def table(x):
            print("built", flush=True)
            return [x]
        if __name__ == "__main__":
            table(1)
            for method in ("fork", "spawn"):
                with multiprocessing.get_context(method).Pool(1) as pool:
                    print(pool.map(table, [1]), pool.apply(table.handle(1).get))
        """,
    )
    command = [sys.executable, "script.py"]
    done = subprocess.run(command, cwd=project.folder, text=True, capture_output=True, timeout=60, check=False)
    assert done.stdout.split("\n") == ["built", "[[1]] [1]", "[[1]] [1]", ""], done.stderr


def test_the_code_of_a_class_counts_with_what_it_reaches(project):
    text = """
        import heirloom

        def helper(): return 1

        @heirloom.cached
        class Grid:
            def __init__(self, rows):
                self.rows = rows + helper()
    """
    project.write("etl.py", text)
    told = "import etl; print(*etl.Grid.fingerprint().pieces)"
    assert {"etl.Grid", "etl.Grid.__init__", "etl.helper"} <= set(project.run(told).split())
    again = "import etl; etl.Grid(1); etl.helper = lambda: 7; print(etl.Grid(1).rows)"
    assert project.run(again) == "8"


CELLS = """
from IPython.core.interactiveshell import InteractiveShell

def cell(text):
    InteractiveShell.instance().run_cell(text).raise_error()

table = "@heirloom.cached\\ndef table(x):\\n    print('built')\\n    return [x, FACTOR]\\nprint(table(1))"
cell("import heirloom\\nFACTOR = 2")
cell(table)
cell(table)
cell("FACTOR = 3\\nprint(table(1))")
cell("FACTOR = 2\\nprint(table(1), table.cache_info()._repr_html_()[:7])")
cell(table.replace("[x,", "[x + 1,"))
cell("@heirloom.cached\\nasync def later(x): return [x]\\nprint(await later(3))")
"""


def test_notebook_cells_share_and_see_what_changed(project):
    pytest.importorskip("IPython", reason="IPython is not installed: pip install ipython")
    told = project.run(CELLS).splitlines()
    assert told == ["built", "[1, 2]", "[1, 2]", "built", "[1, 3]", "[1, 2] <table>", "built", "[2, 2]", "[3]"]


class Base:
    def __init__(self, year):
        self.year = year


class Outer:
    @heirloom.cached
    class Slotted(Base):
        __slots__ = "extra"

        def __init__(self, year):
            super().__init__(year)
            self.extra = __class__.__qualname__

        @property
        def told(self):
            return super().__getattribute__("extra")


@heirloom.cached
class Slots:
    __slots__ = ("a", "b")

    def __init__(self, year):
        self.a = [year]


def test_a_cached_class_keeps_its_super_its_slots_and_its_name():
    made = Outer.Slotted(2013)
    assert (made.year, made.extra, made.told) == (2013, "Outer.Slotted", "Outer.Slotted")
    assert isinstance(vars(Outer.Slotted)["extra"], types.MemberDescriptorType)
    assert pickle.loads(pickle.dumps(Outer.Slotted)) is Outer.Slotted
    assert Outer.Slotted(2013) is made
    assert Slots(1).a is Slots(1).a


def test_an_explanation_is_escaped_in_a_notebook():
    shown = grid.explain("<b>")._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown


def test_positional_only_parameters_stay_so(heirloom_store):
    @heirloom_store.cached
    def table(x, /, y=1, **named):
        return [x, y, named]

    assert table(1, x=2) == [1, 1, {"x": 2}]
    assert table(1, x=2) is table(1, 1, x=2)
    assert table(1, x=3) == [1, 1, {"x": 3}]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        table(x=1)
