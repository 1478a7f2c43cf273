"""Judges validity from outside: real processes, a change between them, and what must then happen.

`case.py` is the language of a case, `project.py` puts it on disk, `judge.py` runs its processes and says what came of it,
`cases/` holds the cases by family, `inside/` runs within the measured processes. `mutation.py` changes one token at a time.
"""
