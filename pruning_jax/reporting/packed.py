"""What the page carries compressed: Bokeh's script, and the data of the figures.

The page's own script unpacks both. What is unpacked as a script still has to have the sum that the
page's policy names, so that packing lets nothing else run (see `page.policy`).
"""

import base64
import gzip
from functools import cache
from importlib import resources


def packed(text: str) -> str:
    """Text as gzip in base64, which can stand inside a script element as it is.

    >>> unpacked(packed("1, 2"))
    '1, 2'
    """
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def unpacked(text: str) -> str:
    """The text of which `packed` made this."""
    return gzip.decompress(base64.b64decode(text, validate=True)).decode()


@cache
def library() -> str:
    """Bokeh's own script, minified, as its package brings it."""
    folder = resources.files("bokeh") / "server" / "static" / "js"
    return (folder / "bokeh.min.js").read_text(encoding="utf-8")


@cache
def packed_library() -> str:
    """Bokeh's script as the page carries it."""
    return packed(library())
