"""A small server on this machine with MNIST's files in their original format, and what it does."""

import dataclasses
import gzip
import hashlib
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from pruning_jax.data.preparing import idx as idx_format
from pruning_jax.data.preparing.origin import Download, Origin

SIZES = {"train": 40, "test": 15}
"""How many examples a split has."""


def idx(array: np.ndarray) -> bytes:
    """A gzipped IDX file of an array uint8."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def arrays(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The images uint8 [n, 28, 28] and labels uint8 [n] of a split."""
    rng = np.random.default_rng(len(split))
    images = rng.integers(0, 256, (SIZES[split], 28, 28)).astype(np.uint8)
    return images, rng.integers(0, 10, SIZES[split]).astype(np.uint8)


def files() -> dict[str, bytes]:
    """The content of MNIST's files by their names."""
    named = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = arrays(split)
        named[f"{prefix}-images-idx3-ubyte.gz"] = idx(images)
        named[f"{prefix}-labels-idx1-ubyte.gz"] = idx(labels)
    return named


@dataclasses.dataclass
class Web:
    """A server: what it has, what it was asked for, and where it breaks off or waits."""

    url: str = ""
    content: dict[str, bytes] = dataclasses.field(default_factory=files)
    asked: list[str] = dataclasses.field(default_factory=list)
    breaks_after: int | None = None  # bytes of a file
    waits: threading.Event = dataclasses.field(default_factory=threading.Event)

    def origin(self) -> Origin:
        """The origin whose files are here."""
        expected = {
            name: Download(len(content), hashlib.sha256(content).hexdigest())
            for name, content in files().items()
        }
        return Origin(self.url, expected, idx_format.examples)


@contextmanager
def serving() -> Iterator[Web]:
    """A server, for as long as it is needed."""
    web = Web()
    web.waits.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            web.asked.append(self.path)
            content = web.content.get(self.path[1:])
            if content is None:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: web.breaks_after])
            web.waits.wait(30)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        web.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield web
        finally:
            web.waits.set()
            server.shutdown()
            thread.join()
