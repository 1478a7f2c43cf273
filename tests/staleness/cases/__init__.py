"""All cases that this Python can run, by family."""

import sys

from staleness.cases import (
    archives,
    arguments,
    classes,
    code,
    cosmetic,
    dynamic,
    inputs,
    irrelevant,
    libraries,
    loading,
    machinery,
    neighbours_bases,
    neighbours_state,
    nested,
    operators,
    patched,
    reading,
    running,
    standard,
    starting,
    values,
)

_ALL = [
    *code.CASES,
    *classes.CASES,
    *values.CASES,
    *dynamic.CASES,
    *nested.CASES,
    *arguments.CASES,
    *irrelevant.CASES,
    *starting.CASES,
    *inputs.CASES,
    *running.CASES,
    *machinery.CASES,
    *operators.CASES,
    *standard.CASES,
    *loading.CASES,
    *libraries.CASES,
    *archives.CASES,
    *reading.CASES,
    *cosmetic.CASES,
    *patched.CASES,
    *neighbours_bases.CASES,
    *neighbours_state.CASES,
]

CASES = [case for case in _ALL if sys.version_info >= case.since]
