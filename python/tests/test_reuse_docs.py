"""Runs the examples in the docstrings of `heirloom.reuse`."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import heirloom.reuse
import pytest
from heirloom import _heirloom

MODULES = [f"heirloom.reuse.{module.name}" for module in pkgutil.iter_modules(heirloom.reuse.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


def test_the_examples_of_the_compiled_half_hold():
    runner, finder = doctest.DocTestRunner(), doctest.DocTestFinder()
    for core in (_heirloom.CacheCore, _heirloom.WeakCore, _heirloom.InternerCore, _heirloom.PoolCore):
        for test in finder.find(core, module=_heirloom):
            assert runner.run(test).failed == 0
    assert runner.tries > 0


def test_everything_public_has_an_example():
    finder = doctest.DocTestFinder(recurse=False)
    public = {name: finder.find(getattr(heirloom.reuse, name)) for name in heirloom.reuse.__all__}
    without = [name for name, tests in public.items() if not any(test.examples for test in tests)]
    assert without == ["Loan"], "that of `Pool` shows it"
