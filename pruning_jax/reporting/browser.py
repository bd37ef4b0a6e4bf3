"""Showing the page in a browser, where there is one."""

import os
import sys
import webbrowser
from pathlib import Path

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Without these variables a machine has no display, and no browser that was asked for."""


def address(page: Path) -> str:
    """The address of a page on this machine."""
    return page.resolve().as_uri()


def shown(page: Path) -> bool:
    """Opens a page in the user's browser; False where there is none.

    On a machine without a display `webbrowser` would start a browser in the terminal.
    """
    elsewhere = sys.platform in ("darwin", "win32")
    if not elsewhere and not any(os.environ.get(name) for name in DISPLAYS):
        return False
    try:
        return webbrowser.open(address(page))
    except webbrowser.Error:
        return False
