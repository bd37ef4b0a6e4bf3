"""Downloading a file whole: its size and its checksum are known beforehand."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from pruning_jax.checks import WrongUse, require

CHUNK = 1 << 20


def fetch(url: str, to: Path, size: int, sha256: str, timeout: float = 30.0) -> None:
    """Downloads `url` to a file. `timeout`: seconds without an answer.

    Raises:
      WrongUse: it cannot be had, or is not what was expected.
      OSError: the file cannot be written.
    """
    digest, received = hashlib.sha256(), 0
    with to.open("wb") as file:
        for chunk in _chunks(url, timeout):
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            require(received <= size, f"{url} is longer than its {size} bytes; {ELSEWHERE}")
    require(received == size, f"{url} ended after {received} of {size} bytes; {ELSEWHERE}")
    require(
        digest.hexdigest() == sha256,
        f"{url} is damaged or another file: its sha256 is {digest.hexdigest()}, not {sha256}; "
        f"{ELSEWHERE}",
    )


ELSEWHERE = "try again, or name another place with --mirror"


def _chunks(url: str, timeout: float) -> Iterator[bytes]:
    """The content of `url`, as it arrives."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            while chunk := response.read(CHUNK):
                yield chunk
    except urllib.error.HTTPError as error:
        with error:
            message = f"{url}: the server answers {error.code} {error.reason}; {ELSEWHERE}"
        raise WrongUse(message) from error
    except urllib.error.URLError as error:
        raise WrongUse(f"{url} cannot be reached: {error.reason}; {ELSEWHERE}") from error
    except (OSError, http.client.HTTPException) as error:
        raise WrongUse(f"{url} broke off: {error or type(error).__name__}; {ELSEWHERE}") from error
    except ValueError as error:
        raise WrongUse(f"{url} is no address such as https://host/folder: {error}") from error
