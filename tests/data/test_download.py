"""Downloads, from a small server on this machine: whole, or one line that says what is wrong."""

import gc
import hashlib
import re

import pytest
import web as webs
from processes import full_disk

from pruning_jax.data.preparing.download import fetch
from pruning_jax.errors import WrongUse

# pooch leaves the connection of a download that fails to the collector, which warns of it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

NAME = "train-images-idx3-ubyte.gz"
WHOLE = webs.files()[NAME]
SHA256 = hashlib.sha256(WHOLE).hexdigest()


@pytest.fixture
def web():
    with webs.serving() as web:
        yield web


def refused(place, url, timeout=30.0):
    """The one line of a download that fails; it leaves nothing."""
    with pytest.raises(WrongUse) as caught:
        fetch(url, place / NAME, len(WHOLE), SHA256, timeout)
    assert not list(place.iterdir())
    message = str(caught.value)
    del caught
    gc.collect()  # so that the warning below comes in this test
    assert "\n" not in message
    assert "try again, or name another place with --mirror" in message
    return message


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_a_file_arrives_whole(web, tmp_path, capfd, scheme):
    url = f"{web.url}/{NAME}"
    if scheme == "file":
        (tmp_path / "here").write_bytes(WHOLE)
        url = (tmp_path / "here").as_uri()
    (tmp_path / "to").mkdir()
    fetch(url, tmp_path / "to" / NAME, len(WHOLE), SHA256)
    assert [path.name for path in (tmp_path / "to").iterdir()] == [NAME]
    assert (tmp_path / "to" / NAME).read_bytes() == WHOLE
    assert capfd.readouterr() == ("", ""), "the command says what it downloads"


def test_a_damaged_file(web, tmp_path):
    web.content[NAME] = WHOLE[:50] + b"\0" + WHOLE[51:]
    found = hashlib.sha256(web.content[NAME]).hexdigest()
    message = refused(tmp_path, f"{web.url}/{NAME}")
    assert message.startswith(f"{web.url}/{NAME} is damaged or another file: ")
    assert SHA256 in message
    assert found in message


def test_a_shorter_file(web, tmp_path):
    web.content[NAME] = WHOLE[:1000]
    assert "is damaged or another file" in refused(tmp_path, f"{web.url}/{NAME}")


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_a_longer_file(web, tmp_path_factory, tmp_path, scheme):
    url, longer = f"{web.url}/{NAME}", WHOLE + b"more"
    web.content[NAME] = longer
    if scheme == "file":
        path = tmp_path_factory.mktemp("here") / NAME
        path.write_bytes(longer)
        url = path.as_uri()
    assert refused(tmp_path, url).startswith(f"{url} is longer than it should be; ")


def test_an_endless_file_does_not_fill_the_disk(web, tmp_path):
    """It is given up long before it ends."""
    web.content[NAME] = bytes(len(WHOLE) + (8 << 20))
    with full_disk(len(WHOLE) + (2 << 20)):
        message = refused(tmp_path, f"{web.url}/{NAME}")
    assert "is longer than it should be" in message


def test_a_server_that_closes_half_way(web, tmp_path):
    web.breaks_after = 1000
    message = refused(tmp_path, f"{web.url}/{NAME}")
    assert f"{web.url}/{NAME} cannot be downloaded: IncompleteRead" in message
    assert f"1000 bytes read, {len(WHOLE) - 1000} more expected" in message


def test_a_server_that_says_no_more(web, tmp_path):
    web.waits.clear()
    web.breaks_after = 10
    message = refused(tmp_path, f"{web.url}/{NAME}", timeout=0.1)
    assert "cannot be downloaded: TimeoutError: timed out" in message


def test_a_missing_file(web, tmp_path):
    message = refused(tmp_path, f"{web.url}/other")
    assert message.startswith(f"{web.url}/other cannot be downloaded: ")
    assert "404" in message


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:1/file", "cannot be downloaded: .*Connection refused"),
        ("http://no-such-host.invalid/file", "cannot be downloaded: "),
        ("file:///no/such/folder/file", "cannot be downloaded: .*No such file"),
        ("nonsense/file", "is not an address such as https://host/folder"),
        ("http:///file", "cannot be downloaded: "),
    ],
)
def test_no_server(tmp_path, url, says):
    message = refused(tmp_path, url)
    assert re.match(f"{re.escape(url)} {says}", message)
    assert len(message) < 400


def test_a_full_disk_is_an_error_of_the_disk(web, tmp_path):
    with full_disk(1000), pytest.raises(OSError, match="File too large"):
        fetch(f"{web.url}/{NAME}", tmp_path / NAME, len(WHOLE), SHA256)
    assert not list(tmp_path.iterdir())
