"""``python -m heirloom``: the command line.

Promises: the same program as ``heirloom``. Refuses: anything of its own.
"""

import signal
import sys

from heirloom._heirloom import run_command

if __name__ == "__main__":
    # The program is not Python: Ctrl-C ends it at once.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout.flush()
    sys.exit(run_command(["heirloom", *sys.argv[1:]]))
