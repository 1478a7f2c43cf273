"""Runs mutants, one forked process each: reads a line of files to write, answers with a line of what came of it.

Forked and not started afresh, so that hundreds take seconds; Heirloom is imported before the fork, the project and the
store after it. Promises: a mutant that does not end or eats the memory is ended, and told as such.
"""

import json
import os
import resource
import signal
import sys

SECONDS = 20


def main():
    """Answer lines until there are no more."""
    import heirloom  # noqa: F401

    sys.dont_write_bytecode = True
    for line in sys.stdin:
        for path, text in json.loads(line).items():
            with open(path, "w") as file:
                file.write(text)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            one(writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as told:
            answer = [json.loads(part) for part in told.read().splitlines()]
        os.waitpid(child, 0)
        print(json.dumps(answer), flush=True)


def one(writer):
    """Call the builder, then find the true value, and tell each as soon as it is known; never return."""
    writer = os.dup(writer)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a mutant may print
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    ran, mark = os.pipe()
    os.set_blocking(ran, False)
    os.dup2(mark, 198)
    try:
        sys.path.insert(0, os.getcwd())
        value = attempt()
        tell(writer, {"value": value, "ran": drained(ran)})
        import heirloom

        with heirloom.disabled():
            tell(writer, {"truth": attempt()})
    finally:
        os._exit(0)


def attempt():
    """Evaluate the builder; an error is a value too."""
    try:
        import pipeline

        return repr(pipeline.build())
    except Exception as error:
        return f"raises {type(error).__name__}"


def drained(ran):
    """Whether the builder ran."""
    try:
        return bool(os.read(ran, 100))
    except BlockingIOError:
        return False


def tell(writer, what):
    """Write one line."""
    os.write(writer, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["fresh"]:
        one(1)
    main()
