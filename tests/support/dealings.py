"""Acting just before this process deals with files, by an audit hook of the interpreter."""

import re
import sys

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


def before(pattern, act):
    """From now on `act` is called at the first dealing with files that matches.

    A dealing is one of EVENTS, followed by the first path and the second.
    """
    done = []

    def watch(event, arguments):
        if event not in EVENTS or done:
            return
        if re.search(pattern, " ".join([event, *map(str, arguments[:2])])):
            done.append(event)
            act()

    sys.addaudithook(watch)
