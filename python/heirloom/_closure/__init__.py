"""What a builder's code can reach: the level ``closure``.

Where it stands: before the road; its pieces are the code of the fingerprint. ``walker.py`` goes from function to function,
``values.py`` and ``classes.py`` say what counts of what it finds, ``origin.py`` whose code it is. Promises: 1. a piece that
changed is named; 2. decorating loads none of it but ``present.py``, which takes the rest when code is first looked at.
Refuses: third-party code, which counts by distribution and version, and Python's own.
"""
