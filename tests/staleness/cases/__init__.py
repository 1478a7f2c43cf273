"""All cases, by family."""

from staleness.cases import arguments, classes, code, dynamic, inputs, irrelevant, running, starting, values

CASES = [
    *code.CASES,
    *classes.CASES,
    *values.CASES,
    *dynamic.CASES,
    *arguments.CASES,
    *irrelevant.CASES,
    *starting.CASES,
    *inputs.CASES,
    *running.CASES,
]
