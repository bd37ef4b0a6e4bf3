"""Preparing data sets: from a small server on this machine, in the original file formats."""

import dataclasses
import gzip
import hashlib
import json
import re
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import folders
import numpy as np
import pytest
import tensorflow_datasets as tfds
from processes import full_disk

from pruning_jax import data, download, origins, prepare_images
from pruning_jax.checks import WrongUse
from pruning_jax.data import _tfds
from pruning_jax.origins import Download, Origin, _idx

SIZES = {"train": 40, "test": 15}
IDX = ("mnist", "fashion_mnist")


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def arrays(split: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(len(split))
    images = rng.integers(0, 256, (SIZES[split], 28, 28)).astype(np.uint8)
    return images, rng.integers(0, 10, SIZES[split]).astype(np.uint8)


def files() -> dict[str, bytes]:
    named = {}
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = arrays(split)
        named[f"{prefix}-images-idx3-ubyte.gz"] = idx(images)
        named[f"{prefix}-labels-idx1-ubyte.gz"] = idx(labels)
    return named


def tfds_order(split: str) -> list[int]:
    """TFDS's order of the keys 0, 1, ...: by the md5 of the split's name and the key."""
    return sorted(
        range(SIZES[split]), key=lambda key: hashlib.md5(f"{split}{key}".encode()).hexdigest()
    )


@dataclasses.dataclass
class Web:
    """A server: what it has, what it announces, how much it sends before it breaks off or waits."""

    url: str = ""
    content: dict[str, bytes] = dataclasses.field(default_factory=files)
    asked: list[str] = dataclasses.field(default_factory=list)
    breaks_after: int | None = None
    waits: threading.Event = dataclasses.field(default_factory=threading.Event)

    def origin(self) -> Origin:
        expected = {
            name: Download(len(content), hashlib.sha256(content).hexdigest())
            for name, content in files().items()
        }
        return Origin(self.url, expected, _idx.examples)


@pytest.fixture
def web() -> Iterator[Web]:
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
        yield web
        web.waits.set()
        server.shutdown()
        thread.join()


def refused(web: Web, place: Path, origin: Origin | None = None, mirror: str = "") -> str:
    """The one line of a preparation that fails; it leaves nothing."""
    existed = place.exists()
    with pytest.raises(WrongUse) as caught:
        prepare_images.prepare("mnist", origin or web.origin(), place, mirror)
    assert place.exists() == existed
    assert not existed or not list(place.iterdir())
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", IDX)
def test_tfds_reads_what_was_prepared(web, tmp_path, name):
    place = tmp_path / "made" / "anew"
    folder, new = prepare_images.prepare(name, web.origin(), place)
    assert new
    assert [path.name for path in place.iterdir()] == [name]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [
            "dataset_info.json",
            "features.json",
            *(f"{name}-{split}.array_record-00000-of-00001" for split in SIZES),
            *(["label.labels.txt"] if name == "fashion_mnist" else []),
        ]
    )
    read = _tfds.decode(name, folder)
    for split in SIZES:
        images, labels = arrays(split)
        order = tfds_order(split)
        records = tfds.data_source(name, split=split, data_dir=place)
        assert [int(r["label"]) for r in records] == labels[order].tolist()
        got = np.stack([r["image"] for r in records])
        assert got.dtype == np.uint8
        np.testing.assert_array_equal(got, images[order][..., None])
        np.testing.assert_array_equal(getattr(read, f"{split}_images"), got)
        np.testing.assert_array_equal(getattr(read, f"{split}_labels"), labels[order])
    assert "tensorflow" not in sys.modules


def test_the_layout_is_tfdss_own(web, tmp_path):
    folder, _ = prepare_images.prepare("mnist", web.origin(), tmp_path)
    info = json.loads((folder / "dataset_info.json").read_text())
    assert (info["name"], info["version"], info["fileFormat"]) == ("mnist", "3.0.1", "array_record")
    assert [(s["name"], s["shardLengths"]) for s in info["splits"]] == [
        ("train", ["40"]),
        ("test", ["15"]),
    ]
    features = json.loads((folder / "features.json").read_text())["featuresDict"]["features"]
    image = {"dtype": "uint8", "shape": {"dimensions": ["28", "28", "1"]}}
    assert features["image"]["image"] == image
    assert features["label"]["classLabel"] == {"numClasses": "10"}


def test_what_is_prepared_stays(web, tmp_path):
    folder, _ = prepare_images.prepare("mnist", web.origin(), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    web.asked.clear()
    assert prepare_images.prepare("mnist", web.origin(), tmp_path) == (folder, False)
    assert not web.asked
    assert before == {path: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_mirror_and_a_folder_serve_as_well(web, tmp_path):
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    for name, content in web.content.items():
        (downloads / name).write_bytes(content)
    nowhere = web.origin()._replace(url="http://127.0.0.1:1")
    for i, mirror in enumerate((web.url + "/", downloads.as_uri())):
        prepare_images.prepare("mnist", nowhere, tmp_path / str(i), mirror)


@pytest.mark.parametrize("existed", [True, False])
def test_a_damaged_file(web, tmp_path, existed):
    name = "t10k-images-idx3-ubyte.gz"
    web.content[name] = web.content[name][:50] + b"\0" + web.content[name][51:]
    message = refused(web, tmp_path if existed else tmp_path / "new")
    assert re.match(rf"{web.url}/{name} is damaged or another file: its sha256 is", message)


def test_a_shorter_file(web, tmp_path):
    name = "train-images-idx3-ubyte.gz"
    web.content[name] = web.content[name][:1000]
    size = len(files()[name])
    assert f"{web.url}/{name} ended after 1000 of {size} bytes" in refused(web, tmp_path)


def test_a_longer_file(web, tmp_path):
    web.content["train-images-idx3-ubyte.gz"] += b"more"
    assert "is longer than its" in refused(web, tmp_path)


def test_a_server_that_closes_half_way(web, tmp_path):
    web.breaks_after = 1000
    message = refused(web, tmp_path)
    assert "train-images-idx3-ubyte.gz ended after 1000 of" in message
    assert "try again" in message


def test_a_server_that_says_no_more(web, tmp_path):
    web.waits.clear()
    web.breaks_after = 10
    name = "train-labels-idx1-ubyte.gz"
    with pytest.raises(WrongUse, match=f"{name} broke off: timed out"):
        download.fetch(f"{web.url}/{name}", tmp_path / name, 100, "", timeout=0.1)


def test_a_missing_file(web, tmp_path):
    del web.content["t10k-labels-idx1-ubyte.gz"]
    message = refused(web, tmp_path)
    assert f"{web.url}/t10k-labels-idx1-ubyte.gz: the server answers 404" in message


@pytest.mark.parametrize(
    ("mirror", "says"),
    [
        ("http://127.0.0.1:1", "cannot be reached: .*refused"),
        ("http://no-such-host.invalid", "cannot be reached"),
        ("file:///no/such/folder", "cannot be reached"),
        ("nonsense", "is no address such as"),
    ],
)
def test_no_server(web, tmp_path, mirror, says):
    message = refused(web, tmp_path, mirror=mirror)
    assert re.search(says, message)
    assert f"{mirror}/train-images-idx3-ubyte.gz" in message


def test_a_full_disk_before(web, tmp_path):
    huge = web.origin()
    huge.files["train-images-idx3-ubyte.gz"] = Download(1 << 60, "")
    assert re.search(r"has \d+ MB free, mnist needs about \d+ MB", refused(web, tmp_path, huge))
    assert not web.asked


@pytest.mark.parametrize("limit", [5_000, 50_000], ids=["downloading", "writing"])
def test_a_full_disk_on_the_way(web, tmp_path, limit):
    with full_disk(limit):
        message = refused(web, tmp_path)
    assert re.match(f"mnist cannot be prepared in {tmp_path}: .*File too large", message)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("train-images-idx3-ubyte.gz", b"not gzip", "is no gzipped IDX file"),
        ("train-images-idx3-ubyte.gz", files()["train-images-idx3-ubyte.gz"][:-500], "or damaged"),
        ("train-labels-idx1-ubyte.gz", gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc"), "is damaged"),
        ("train-labels-idx1-ubyte.gz", gzip.compress(b""), "is no gzipped IDX file"),
        ("train-labels-idx1-ubyte.gz", idx(np.zeros(39, np.uint8)), "do not belong together"),
    ],
    ids=["no gzip", "truncated", "shorter than it says", "empty", "other labels"],
)
def test_content_that_is_no_data_set(web, tmp_path, name, content, says):
    web.content[name] = content
    origin = web.origin()
    origin.files[name] = Download(len(content), hashlib.sha256(content).hexdigest())
    assert says in refused(web, tmp_path, origin)


def test_what_is_not_ours_stays(web, tmp_path):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    with pytest.raises(WrongUse, match=r"is no prepared data set .*; remove it first"):
        prepare_images.prepare("mnist", web.origin(), tmp_path)
    (folder / "dataset_info.json").write_text('{"fileFormat": "tfrecord"}')
    with pytest.raises(WrongUse, match="is prepared as tfrecord, which needs TensorFlow"):
        prepare_images.prepare("mnist", web.origin(), tmp_path)
    assert [path.name for path in folder.iterdir()] == ["dataset_info.json"]
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(WrongUse, match="cannot be written"):
        prepare_images.prepare("mnist", web.origin(), blocked / "below")


def test_what_a_killed_process_left_goes(web, tmp_path):
    for state in ("dead", "alive"):
        (tmp_path / f".preparing-mnist-{state}").mkdir()
        (tmp_path / f".preparing-mnist-{state}" / "lock").touch()
    holder = (
        "import fcntl, sys; file = open(sys.argv[1], 'wb'); "
        "fcntl.lockf(file, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
    )
    lock = tmp_path / ".preparing-mnist-alive" / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", holder, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"\n"
        prepare_images.prepare("mnist", web.origin(), tmp_path)
        other.stdin.close()
    assert {path.name for path in tmp_path.iterdir()} == {"mnist", ".preparing-mnist-alive"}


@pytest.mark.parametrize("name", origins.NAMES)
def test_what_is_prepared_says_of_itself_what_tfds_says_of_it(name, tmp_path):
    """All of dataset_info.json but for the examples, and all features."""
    folder = folders.prepare(tmp_path / "ours", name)
    ours = tfds.builder_from_directory(folder).info
    theirs = tfds.builder_cls(name)(data_dir=tmp_path / "theirs").info
    found, expected = json.loads((folder / "dataset_info.json").read_text()), theirs.as_json
    about_examples = dict.fromkeys(("splits", "fileFormat"))
    assert found | about_examples == json.loads(expected) | about_examples
    assert ours.features.to_json() == theirs.features.to_json()
    for label, feature in theirs.features.items():
        if hasattr(feature, "names"):
            assert ours.features[label].names == feature.names
    assert tuple(ours.splits) == origins.find(name).splits


@pytest.mark.parametrize("name", origins.NAMES)
def test_every_origin_is_the_one_of_tfds(name):
    origin = origins.find(name)
    assert name in data.NAMES
    root = Path(tfds.__file__).parent
    lists = (root / "url_checksums" / f"{name}.txt", root / "datasets" / name / "checksums.tsv")
    recorded = next((path for path in lists if path.exists()), None)
    if recorded is None:
        pytest.skip("this version of TFDS has no list of its downloads")
    lines = [line.split()[:3] for line in recorded.read_text().splitlines()]
    expected = {url: (int(size), sha256) for url, size, sha256 in lines}
    given = {f"{origin.url}/{file}": tuple(known) for file, known in origin.files.items()}
    assert given.items() <= expected.items()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pruning_jax.prepare", *arguments]


def test_the_command(tmp_path):
    shown = subprocess.run(command("--help"), capture_output=True, text=True)
    assert shown.returncode == 0
    assert "python -m pruning_jax.prepare --dataset=mnist" in shown.stdout
    assert all(flag in shown.stdout for flag in ("--data_dir", "--mirror", *origins.NAMES))
    wrong = subprocess.run(
        command("--dataset=fashionmnist", f"--data_dir={tmp_path}"), capture_output=True, text=True
    )
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines() == [
        f"prepare.py: dataset 'fashionmnist' is not one of {', '.join(sorted(origins.NAMES))}; "
        "did you mean fashion_mnist?"
    ]


def test_a_signal_leaves_nothing(web, tmp_path):
    web.waits.clear()
    place = tmp_path / "new"
    arguments = ("--dataset=mnist", f"--data_dir={place}", f"--mirror={web.url}")
    web.content["train-images-idx3-ubyte.gz"] = bytes(9_912_422)
    web.breaks_after = 1000
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().startswith("downloading")
        assert [path.name[:17] for path in place.iterdir()] == [".preparing-mnist-"]
        running.send_signal(signal.SIGTERM)
        out = running.stdout.read()
    assert running.returncode == 75
    assert "nothing of mnist was kept" in out
    assert not place.exists()
