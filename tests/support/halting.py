"""Runs a command that stops in its tracks, with all its locks, until it is sent SIGCONT.

python halting.py PATTERN MODULE [argument ...]

That is just before the first dealing with files that matches; see prepared.py.
"""

import os
import re
import runpy
import signal
import sys

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


def halt_before(pattern):
    """This process will stop itself, once."""
    done = []

    def watch(event, arguments):
        if event not in EVENTS or done:
            return
        if re.search(pattern, " ".join([event, *map(str, arguments[:2])])):
            done.append(event)
            os.kill(os.getpid(), signal.SIGSTOP)

    sys.addaudithook(watch)


if __name__ == "__main__":
    halt_before(sys.argv[1])
    sys.argv = sys.argv[2:]
    sys.path[0] = os.getcwd()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
