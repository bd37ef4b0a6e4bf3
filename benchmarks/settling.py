"""What it costs to ask the disk to keep each file, beside asking once for many.

  python benchmarks/settling.py [FOLDER]

Files of 30 kB are written by `files.replace`; the figures are milliseconds for each. The folder
should lie where runs do; the default is the current one.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from pruning_jax import files

COUNT, SIZE = 200, 30_000


def kept(path: Path, content: bytes) -> None:
    """Writes a file and waits until it and its name are on the disk."""
    files.replace(path, lambda file: file.write(content))
    for what in (path, path.parent):
        number = os.open(what, os.O_RDONLY)
        os.fsync(number)
        os.close(number)


def main() -> None:
    """Prints the three ways, and their ratio to the first."""
    content = os.urandom(SIZE)
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else ".") as name:
        folder, found = Path(name), {}
        for way in ("as they are", "each kept", "all kept at the end"):
            begin = time.perf_counter()
            for i in range(COUNT):
                path = folder / f"{way} {i}"
                if way == "each kept":
                    kept(path, content)
                else:
                    files.replace(path, lambda file: file.write(content))
            if way == "all kept at the end":
                files.settle()
            found[way] = 1000 * (time.perf_counter() - begin) / COUNT
        for way, milliseconds in found.items():
            ratio = milliseconds / found["as they are"]
            print(f"{way:<20} {milliseconds:6.2f} ms   {ratio:5.1f} times")


if __name__ == "__main__":
    main()
