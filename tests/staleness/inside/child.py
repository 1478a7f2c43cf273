"""Runs within a measured process: makes the calls, and says for each what came back, what ran, and what is true.

A builder tells that it ran through a pipe on descriptor 198, so that counting involves no file, global or variable. The
true value is that of the same call with the cache switched off, made last, so that it cannot warm anything up.
"""

import json
import os
import sys
import traceback


def main(names=None):
    """Carry out the steps of ``STALE_STEPS``, in a script's own namespace or in a new one."""
    import heirloom

    with open(os.environ["STALE_STEPS"]) as file:
        spec = json.load(file)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.dup2(writer, 198)
    if names is None:
        names = {"__name__": "session"}
        sys.path.insert(0, spec["root"])
        exec(spec["prep"], names)
    names["write"] = writing(spec["root"], spec["clock"])
    told = []
    for step in spec["steps"]:
        if step["do"]:
            exec(step["do"], names)
        drain(reader)
        one = attempt(step["call"], names)
        one["ran"] = drain(reader)
        one["role"] = step["role"]
        if step["truth"]:
            with heirloom.disabled():
                one["truth"] = attempt(step["call"], names)["value"]
        told.append(one)
    with open(spec["result"], "w") as file:
        json.dump(told, file)


def attempt(call, names):
    """Evaluate a call; an error is a value too."""
    try:
        value = eval(call, names)
    except Exception as error:
        return {"value": f"raises {type(error).__name__}: {error}", "error": traceback.format_exc()}
    return {"value": f"{type(value).__name__} {value!r}", "error": None}


def drain(reader):
    """Read off what ran since."""
    try:
        return os.read(reader, 65536).decode()
    except BlockingIOError:
        return ""


def writing(root, clock):
    """Make the function by which a case edits a file while its process runs."""

    def write(path, text):
        nonlocal clock
        clock += 7
        full = os.path.join(root, path)
        with open(full, "w") as file:
            file.write(text)
        os.utime(full, (clock, clock))

    return write


if __name__ == "__main__":
    main()
