"""Pages for people, in a terminal or as text."""

import io
import shutil
from collections.abc import Callable
from functools import partial

from rich import box
from rich.console import Console
from rich.table import Table

_plain = partial(Console, highlight=False, markup=False, emoji=False)
"""Texts are printed as they are: rich would colour their numbers and read their brackets."""


def width() -> int:
    """The columns of the terminal; 80 where there is none, such as in the file of a job."""
    return shutil.get_terminal_size().columns


def console() -> Console:
    """What prints a page here."""
    return _plain(width=width())


def text(show: Callable[[Console], None]) -> str:
    """What a function prints, as text without colours.

    >>> text(lambda console: console.print("3 cells"))
    '3 cells'
    """
    page = io.StringIO()
    show(_plain(file=page, width=width(), force_jupyter=False, force_terminal=False))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines())


def table(*heads: str, title: str | None = None, numbers: tuple[str, ...] = ()) -> Table:
    """A table without rows. Where it is too wide, its words are folded; nothing is cut off.

    Args:
      heads: of its columns.
      numbers: the heads of those that have numbers.
    """
    made = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for head in heads:
        made.add_column(head, justify="right" if head in numbers else "left", overflow="fold")
    return made
