"""Runs a command that stops in its tracks, with all its locks, until it is sent SIGCONT.

python halting.py PATTERN MODULE [argument ...]

That is just before the first dealing with files that matches; see dealings.py.
"""

import os
import runpy
import signal
import sys

from dealings import before

if __name__ == "__main__":
    before(sys.argv[1], lambda: os.kill(os.getpid(), signal.SIGSTOP))
    sys.argv = sys.argv[2:]
    sys.path[0] = os.getcwd()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
