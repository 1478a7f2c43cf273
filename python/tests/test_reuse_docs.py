"""Runs the examples in the docstrings of `heirloom.reuse`."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import heirloom.reuse
import pytest

MODULES = [f"heirloom.reuse.{module.name}" for module in pkgutil.iter_modules(heirloom.reuse.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    with_examples = [name for name in MODULES if any(test.examples for test in finder.find(importlib.import_module(name)))]
    assert len(with_examples) >= 8
