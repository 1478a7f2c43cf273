"""``python -m heirloom``: the command line.

Promises: the same program as ``heirloom``, and ``doctor``, which needs the code itself. Refuses: anything else of its own.
"""

import signal
import sys

from heirloom._heirloom import run_command

if __name__ == "__main__":
    # The program is not Python: Ctrl-C ends it at once.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.argv[1:2] == ["doctor"]:
        from heirloom import _doctor

        sys.exit(_doctor.run(sys.argv[2:]))
    sys.stdout.flush()
    sys.exit(run_command(["heirloom", *sys.argv[1:]]))
