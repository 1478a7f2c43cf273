"""Operators and other methods that Python calls by itself, of an argument's class that no code names."""

from staleness.case import Case, rebuild

# name, what the method returns before and after, parameters, the expression that makes Python call it on ``m``
_METHODS = [
    ("__radd__", "2", "3", "self, o", "x + m"),
    ("__sub__", "2", "3", "self, o", "m - 1"),
    ("__rmul__", "2", "3", "self, o", "x * m"),
    ("__pow__", "2", "3", "self, o", "m ** 2"),
    ("__matmul__", "2", "3", "self, o", "m @ 1"),
    ("__ror__", "2", "3", "self, o", "1 | m"),
    ("__neg__", "2", "3", "self", "-m"),
    ("__abs__", "2", "3", "self", "abs(m)"),
    ("__int__", "2", "3", "self", "int(m)"),
    ("__float__", "2.0", "3.0", "self", "float(m)"),
    ("__index__", "2", "3", "self", "[5, 6, 7, 8][m]"),
    ("__bool__", "True", "False", "self", "1 if m else 0"),
    ("__len__", "2", "3", "self", "len(m)"),
    ("__len__", "0", "3", "self", "not m"),
    ("__contains__", "True", "False", "self, o", "1 in m"),
    ("__getitem__", "i", "i + 1", "self, i", "m[4]"),
    ("__getitem__", "[5, 6][i]", "[5, 7][i]", "self, i", "list(m)"),
    ("__missing__", "2", "3", "self, i", "type('D', (dict,), {'__missing__': type(m).__missing__})()['a']"),
    ("__iter__", "iter([1])", "iter([2])", "self", "[*m]"),
    ("__reversed__", "iter([1])", "iter([2])", "self", "list(reversed(m))"),
    ("__call__", "2", "3", "self", "list(map(lambda f: f(), [m]))"),
    ("__eq__", "True", "False", "self, o", "[m].count(7)"),
    ("__lt__", "True", "False", "self, o", "m < 1"),
    ("__hash__", "2", "3", "self", "hash(m)"),
    ("__str__", "'a'", "'b'", "self", "f'{m}'"),
    ("__repr__", "'a'", "'b'", "self", "f'{m!r}'"),
    ("__repr__", "'a'", "'b'", "self", "'%s' % ([m],)"),
    ("__format__", "'a' + s", "'b' + s", "self, s", "format(m, '>3')"),
    ("__bytes__", "b'a'", "b'b'", "self", "bytes(m)"),
    ("__fspath__", "'a'", "'b'", "self", "os.fspath(m)"),
    ("__fspath__", "'a'", "'b'", "self", "os.path.join('c', m)"),
    ("__dir__", "['a']", "['b']", "self", "dir(m)"),
    ("__copy__", "2", "3", "self", "__import__('copy').copy(m)"),
    ("__deepcopy__", "2", "3", "self, memo", "__import__('copy').deepcopy(m)"),
    ("__getattr__", "n + 'a'", "n + 'b'", "self, n", "m.anything"),
    ("__array__", "np.array([2])", "np.array([3])", "self, dtype=None, copy=None", "np.asarray(m).tolist()"),
]  # fmt: skip

_CLASS = """
class M:
    def __init__(self, x):
        self.x = x

    def {name}({parameters}):
        return <<{old}=>{new}>>
"""


def _of_argument(number: int, name: str, old: str, new: str, parameters: str, expression: str) -> Case:
    head = "import numpy as np\n" if "np." in expression else ""
    body = head + _CLASS.format(name=name, parameters=parameters, old=old, new=new)
    text = f"--- pipeline.py\n{head}\n@cached\ndef build(m, x=3):\n    RAN\n    return {expression}\n--- models.py\n{body}"
    return rebuild(f"operator-{number}-{name.strip('_')}", text, prep="from pipeline import build\nfrom models import M", call="build(M(1))")


CASES = [_of_argument(number, *row) for number, row in enumerate(_METHODS)]
