"""Changes one token at a time of a small library, and holds the cache against what then is true.

Modules of Python's own library, copied into a project as its code, are changed at a constant, an operator, a comparison,
the name of an attribute. STALE: the result differs, but the old value was served. SPURIOUS: built again although the
changed token is in code that the builder cannot reach, by a look of our own at the names in its syntax tree.
``python -m staleness.mutation [COUNT] [SEED]`` is the long variant.
"""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import heirloom

_INSIDE = Path(__file__).parent / "inside"
_PACKAGE = Path(heirloom.__file__).parent.parent

LIBRARIES = {"statistics": "averages", "textwrap": "paragraphs", "fractions": "ratios", "colorsys": "colours"}
"""Each module, and the name that its copy has in the project."""

PIPELINE = '''
import os
from adapter import cached
import averages
from colours import rgb_to_hsv
from paragraphs import fill
from ratios import Fraction

DATA = [1.5, 2, 2, 7.25, 3, 9]

@cached
def build():
    os.write(198, b"B")
    numbers = [averages.mean(DATA), averages.median(DATA), averages.stdev(DATA), averages.quantiles(DATA, n=3)]
    line = averages.linear_regression(DATA, [2 * x + 1 for x in DATA])
    ratio = Fraction("3/7") + Fraction(2, 3) * 5 - Fraction(0.25)
    words = fill("The quick brown fox-terrier  jumps over the lazy dog " * 3, 24, initial_indent="* ", max_lines=5)
    return numbers, line.slope, line.intercept, str(ratio), ratio > 3, round(ratio, 2) == 3, words, rgb_to_hsv(0.2, 0.4, 0.6)
'''
ENTRIES = {
    "averages": {"mean", "median", "stdev", "quantiles", "linear_regression"},
    "colours": {"rgb_to_hsv"},
    "paragraphs": {"fill"},
    "ratios": {"Fraction"},
}


@dataclass
class Mutant:
    """A library with one token changed."""

    module: str
    text: str
    what: str
    reachable: bool


def base() -> dict[str, str]:
    """Make the unchanged project: its files by name."""
    files = {"pipeline.py": PIPELINE}
    for name, copy in LIBRARIES.items():
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        files[copy + ".py"] = ast.unparse(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) + "\n"
    return files


def mutants(files: dict[str, str], count: int, seed: int) -> list[Mutant]:
    """Choose mutants, half of them where the builder can reach."""
    chance = random.Random(seed)
    sites = [(copy, at, reached) for copy in ENTRIES for at, reached in _sites(files[copy + ".py"], ENTRIES[copy])]
    chosen = []
    for wanted in (True, False):
        pool = [site for site in sites if site[2] is wanted]
        chosen += chance.sample(pool, min(len(pool), count // 2))
    rest = sorted(set(sites) - set(chosen))
    chosen += chance.sample(rest, min(len(rest), count - len(chosen)))
    chance.shuffle(chosen)
    return [_mutant(files[copy + ".py"], copy, at, reached, chance) for copy, at, reached in chosen]


# What can be changed, and whether the builder reaches it


def _changeable(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (bool, int, float, str)) or node.value is None
    return isinstance(node, (ast.BinOp, ast.Compare, ast.BoolOp, ast.Attribute, ast.UnaryOp, ast.AugAssign))


def _sites(text: str, entries: set[str]) -> Iterator[tuple[int, bool]]:
    """List every node that can be changed, by its number, and whether code that is reached holds it."""
    tree = ast.parse(text)
    reached = _reached(tree, entries)
    quiet = {id(node) for node in _quiet(tree)}
    for at, node in enumerate(ast.walk(tree)):
        if _changeable(node):
            yield at, id(node) in reached and id(node) not in quiet


def _quiet(tree: ast.Module) -> Iterator[ast.AST]:
    """List docstrings and annotations, which never count."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node, clean=False) is not None:
            yield from ast.walk(node.body[0])
        for name in ("returns", "annotation"):
            if getattr(node, name, None) is not None:
                yield from ast.walk(getattr(node, name))


def _reached(tree: ast.Module, entries: set[str]) -> set[int]:
    """Find the nodes that the entries can reach: by the names and attributes in their code, until nothing new is named."""
    named, found = set(entries), set()
    while True:
        before = len(named), len(found)
        for part, names in _parts(tree):
            if names is None or names & named:
                nodes = list(ast.walk(part))
                found |= {id(node) for node in nodes}
                named |= {node.id for node in nodes if isinstance(node, ast.Name)}
                named |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
                named |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        if (len(named), len(found)) == before:
            return found


def _parts(tree: ast.Module) -> Iterator[tuple[ast.AST, set[str] | None]]:
    """List what may count by itself, with the names that lead to it; without names, it always counts."""
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef):
            yield statement, {statement.name}
        elif isinstance(statement, ast.ClassDef):
            for one in [*statement.decorator_list, *statement.bases]:
                yield one, {statement.name}
            for member in statement.body:
                own = isinstance(member, ast.FunctionDef) and not member.name.startswith("__")
                yield member, {member.name} if own else {statement.name}
        elif isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets):
            names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
            if "__all__" not in names:
                yield statement, names
        elif not isinstance(statement, (ast.Import, ast.ImportFrom, ast.Expr)):
            yield statement, None


_OTHER: dict[type, Any] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or,
    ast.Or: ast.And, ast.USub: ast.UAdd, ast.UAdd: ast.USub, ast.Not: ast.Invert, ast.Invert: ast.USub,
}  # fmt: skip


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return 0 if value is None else value + "x" if isinstance(value, str) else value + 1


def _mutant(text: str, copy: str, at: int, reached: bool, chance: random.Random) -> Mutant:
    tree = ast.parse(text)
    node: Any = list(ast.walk(tree))[at]
    old, line = ast.unparse(node), node.lineno
    if isinstance(node, ast.Constant):
        node.value = _other(node.value)
    elif isinstance(node, ast.Attribute):
        others = sorted({one.attr for one in ast.walk(tree) if isinstance(one, ast.Attribute)} - {node.attr})
        node.attr = chance.choice(others)
    elif isinstance(node, ast.Compare):
        node.ops[0] = _OTHER[type(node.ops[0])]()
    else:
        node.op = _OTHER[type(node.op)]()
    what = f"{copy}.py:{line}: {old[:60]} → {ast.unparse(node)[:60]}"
    return Mutant(copy, ast.unparse(tree) + "\n", what, reached)


# Running them


class Line:
    """One project with its store, and the processes that run its mutants."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files
        self.folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(_INSIDE), str(_PACKAGE)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "STALE_STORE": str(self.folder / "store"),
        }
        self._write(files)
        self.first = self.fresh(None)
        self.zygote = subprocess.Popen(
            [sys.executable, str(_INSIDE / "zygote.py")],
            cwd=self.folder, env=self.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def fresh(self, mutant: Mutant | None) -> dict[str, Any]:
        """Run a mutant, or the base, in a process of its own."""
        self._write(self._changed(mutant))
        done = subprocess.run(
            [sys.executable, str(_INSIDE / "zygote.py"), "fresh"],
            cwd=self.folder, env=self.environment, text=True, capture_output=True, check=False,
        )  # fmt: skip
        return _joined([json.loads(line) for line in done.stdout.splitlines()])

    def forked(self, mutant: Mutant | None) -> dict[str, Any]:
        """Run a mutant, or the base, in a forked process."""
        assert self.zygote.stdin is not None
        assert self.zygote.stdout is not None
        self.zygote.stdin.write(json.dumps(self._changed(mutant)) + "\n")
        self.zygote.stdin.flush()
        return _joined(json.loads(self.zygote.stdout.readline()))

    def close(self) -> None:
        """End the process that forks."""
        assert self.zygote.stdin is not None
        self.zygote.stdin.close()
        self.zygote.wait()

    def _changed(self, mutant: Mutant | None) -> dict[str, str]:
        return self.files if mutant is None else {**self.files, mutant.module + ".py": mutant.text}

    def _write(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            (self.folder / path).write_text(text, encoding="utf-8")


def _joined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Join what a process told; one that was ended before it told a value was building."""
    told = {"value": "does not end", "ran": True, "truth": "does not end"}
    for answer in answers:
        told |= answer
    return told


def verdict(mutant: Mutant, told: dict[str, Any], original: str) -> str:
    """Judge what came of a mutant."""
    if told["value"] != told["truth"]:
        return "STALE"
    if told["ran"] and not mutant.reachable and told["truth"] == original:
        return "SPURIOUS"
    return "rebuilt" if told["ran"] else "served"


def run(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Run mutants on two projects at once, each fifth in a process of its own; return the verdicts and the faults."""
    files = base()
    chosen = mutants(files, count, seed)

    def share(part: int) -> list[tuple[str, str]]:
        line = Line(files)
        assert line.first["ran"], "the first call did not build"
        assert line.first["value"] == line.first["truth"], line.first
        judged = []
        for at, mutant in enumerate(chosen[part::2]):
            told = line.fresh(mutant) if at % 5 == 0 else line.forked(mutant)
            where = "reachable" if mutant.reachable else "unreachable"
            judged.append((f"{verdict(mutant, told, line.first['truth'])} {where}", mutant.what))
            if at % 50 == 0:
                assert not line.forked(None)["ran"], "the unchanged library was built again"
        line.close()
        return judged

    with ThreadPoolExecutor(2) as pool:
        judged = [one for part in pool.map(share, (0, 1)) for one in part]
    faults = [f"{kind}: {what}" for kind, what in judged if kind.startswith(("STALE", "SPURIOUS"))]
    return Counter(kind for kind, _ in judged), faults


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    counts, faults = run(*(numbers + [5000, 1][len(numbers) :]))
    print("\n".join(faults))
    print(dict(counts))
    sys.exit(bool(faults))
