"""Errors about what a user asked for: one line with the value, the choices, the nearest."""

import difflib
import errno
import shlex
from collections.abc import Iterable
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""The numbers of those OSErrors that a user mends by making room."""

IN_THE_WAY = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR, errno.EEXIST),
    *(errno.ELOOP, errno.ENAMETOOLONG),
}
"""Those that a user mends otherwise: something is not permitted, or no file, or no folder."""


class WrongUse(ValueError):  # noqa: N818
    """Something that the user can mend; a command prints it as one line and exits with 2."""


class OwnCode(WrongUse):
    """Code of the user's own raised an error: the message is a line about it."""


def nearest(value: str, choices: Iterable[str], alike: float = 0.5) -> str:
    """A hint at the choice that looks most like `value`, or nothing.

    Args:
      alike: how much they must be alike at least, from 0 to 1.

    >>> nearest("magnitud", ["magnitude", "random"])
    '; did you mean magnitude?'
    """
    meant = closest(value, choices, alike)
    return f"; did you mean {meant}?" if meant else ""


def closest(value: str, choices: Iterable[str], alike: float = 0.5) -> str:
    """The choice that looks most like `value`, or "" if none looks like it."""
    return "".join(difflib.get_close_matches(str(value), list(choices), n=1, cutoff=alike))


def one_of(what: str, value: str, choices: Iterable[str]) -> None:
    """Raises WrongUse unless `value` is among `choices`."""
    known = sorted(choices)
    if value not in known:
        raise WrongUse(f"{what} {value!r} is not one of {', '.join(known)}{nearest(value, known)}")


def require(condition: bool, message: str) -> None:
    """Raises WrongUse with `message` unless `condition` holds."""
    if not condition:
        raise WrongUse(message)


def install(extra: str) -> str:
    """The command that installs an extra.

    In a clone it names the clone: the package is in no registry, and a bare name would be looked
    for there by an environment in which it is not installed.
    """
    root = Path(__file__).resolve().parents[1]
    clone = (root / "setup.py").is_file()
    what = shlex.quote(f"{root if clone else 'pruning_jax'}[{extra}]")
    return f"pip install -e {what}" if clone else f"pip install {what}"


def printable(text: object) -> str:
    """Text that a terminal shows as it is and in one line, whatever a file or its name says.

    Control characters could move the cursor or forge lines, and half characters, as names of files
    may have them, cannot be printed at all: they become escapes.

    >>> printable("red \\x1b[31m, two\\nlines")
    'red \\\\x1b[31m, two\\\\nlines'
    """
    whole = str(text)
    if whole.isprintable():
        return whole
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in whole)
    return "".join(escaped)


def said(error: BaseException) -> str:
    """An error in one line of at most 300 characters: its kind and its message.

    >>> said(ValueError("no\\nnumber"))
    'ValueError: no number'
    """
    return printable(" ".join(f"{type(error).__name__}: {error}".split()))[:300]
