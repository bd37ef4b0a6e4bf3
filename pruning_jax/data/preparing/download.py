"""Downloading a file whose size and checksum are known beforehand, by pooch."""

import io
import shutil
import urllib.request
from functools import partial
from pathlib import Path
from typing import IO, Any

import pooch
import requests

from pruning_jax.errors import WrongUse, require, said

CHUNK = 1 << 20
"""How many bytes are written at once."""

ELSEWHERE = "try again, or name another place with --mirror"


def fetch(url: str, to: Path, size: int, sha256: str, timeout: float = 30.0) -> None:
    """Downloads `url` to a file, which is there whole or not at all.

    Args:
      url: an address that begins with http:, https: or file:.
      size: of the file, in bytes. A download that is longer is given up, so that no server fills
        the disk.
      timeout: after so many seconds without an answer the download is given up.

    Raises:
      WrongUse: it cannot be had, or is not what was expected.
      OSError: the file cannot be written.
    """
    pooch.get_logger().setLevel("ERROR")  # the command says what it downloads
    # Any, because pooch's type of a downloader has other names than pooch's own downloaders.
    download: Any = partial(_download, size=size, timeout=timeout)
    try:
        pooch.retrieve(url, f"sha256:{sha256}", to.name, to.parent, downloader=download)
    except WrongUse:
        raise
    except requests.RequestException as error:
        raise _unreachable(url, error) from error
    except ValueError as error:  # what pooch raises if the checksum is another one
        raise WrongUse(f"{url} is damaged or another file: {error}; {ELSEWHERE}") from error


def _download(url: str, output_file: str, _: object, *, size: int, timeout: float) -> None:
    """Writes the content of `url` into a file; pooch calls this a downloader."""
    # Some servers would compress the content once more, which would change its checksum.
    plain = {"Accept-Encoding": "identity"}
    web = pooch.HTTPDownloader(chunk_size=CHUNK, timeout=timeout, headers=plain)
    with _AtMost(output_file, size, url) as file:
        if url.startswith(("http:", "https:")):
            web(url, file, None)
        elif url.startswith("file:"):
            _copy(url, file)
        else:
            raise WrongUse(f"{url} is not an address such as https://host/folder; {ELSEWHERE}")


class _AtMost(io.BufferedWriter):
    """A new file that refuses to be longer than `size` bytes."""

    def __init__(self, path: str, size: int, url: str) -> None:
        super().__init__(io.FileIO(path, "wb"))
        self.left, self.url = size, url

    def write(self, content: Any, /) -> int:  # Any, because a bytes-like object has no type
        self.left -= len(content)
        require(self.left >= 0, f"{self.url} is longer than it should be; {ELSEWHERE}")
        return super().write(content)


def _copy(url: str, file: IO[bytes]) -> None:
    """Writes the content of a file: address, which pooch does not know."""
    try:
        source = urllib.request.urlopen(url)
    except OSError as error:
        raise _unreachable(url, error) from error
    with source:
        shutil.copyfileobj(source, file, CHUNK)


def _unreachable(url: str, error: Exception) -> WrongUse:
    """The error that nothing came from an address, or not all of it.

    It names the first cause, because what libraries say of it is long.
    """
    cause: BaseException = error
    while deeper := cause.__cause__ or cause.__context__:
        cause = deeper
    return WrongUse(f"{url} cannot be downloaded: {said(cause)}; {ELSEWHERE}")
