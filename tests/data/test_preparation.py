"""Preparing data sets from a small server on this machine: TFDS reads them, or nothing is there."""

import hashlib
import json
import re
import subprocess
import sys

import folders
import numpy as np
import pytest
import tensorflow_datasets as tfds
import web as webs
from processes import full_disk
from web import SIZES, arrays

from pruning_jax.data import sources
from pruning_jax.data.preparing import preparation
from pruning_jax.data.preparing.origin import Download
from pruning_jax.data.reading import prepared
from pruning_jax.errors import WrongUse

ORIGINS = sources.origins()
IDX = ("mnist", "fashion_mnist")


def tfds_order(split):
    """The order in which TFDS writes the keys 0, 1, ...: by the md5 of the split's name and the
    key."""
    return sorted(
        range(SIZES[split]), key=lambda key: hashlib.md5(f"{split}{key}".encode()).hexdigest()
    )


@pytest.fixture
def web():
    with webs.serving() as web:
        yield web


def refused(web, place, origin=None, mirror=""):
    """The one line of a preparation that fails; it leaves nothing."""
    existed = place.exists()
    with pytest.raises(WrongUse) as caught:
        preparation.prepare("mnist", origin or web.origin(), place, mirror)
    assert place.exists() == existed
    assert not existed or not list(place.iterdir())
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", IDX)
def test_tfds_reads_what_was_prepared(web, tmp_path, name):
    place = tmp_path / "made" / "anew"
    folder, new = preparation.prepare(name, web.origin(), place)
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
    read = prepared.decode(folder, (28, 28, 1))
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
    folder, _ = preparation.prepare("mnist", web.origin(), tmp_path)
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
    folder, _ = preparation.prepare("mnist", web.origin(), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    web.asked.clear()
    assert preparation.prepare("mnist", web.origin(), tmp_path) == (folder, False)
    assert not web.asked
    assert before == {path: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_mirror_and_a_folder_serve_as_well(web, tmp_path):
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    for name, content in web.content.items():
        (downloads / name).write_bytes(content)
    nowhere = web.origin()._replace(url="http://127.0.0.1:1")
    for i, mirror in enumerate((web.url + "/", downloads.as_uri())):
        preparation.prepare("mnist", nowhere, tmp_path / str(i), mirror)


@pytest.mark.parametrize("existed", [True, False])
def test_a_damaged_file(web, tmp_path, existed):
    name = "t10k-images-idx3-ubyte.gz"
    web.content[name] = web.content[name][:50] + b"\0" + web.content[name][51:]
    message = refused(web, tmp_path if existed else tmp_path / "new")
    assert message.startswith(f"{web.url}/{name} is damaged or another file: ")


def test_an_address_that_is_not_there(web, tmp_path):
    message = refused(web, tmp_path, mirror="http://127.0.0.1:1/")
    assert message.startswith("http://127.0.0.1:1/train-images-idx3-ubyte.gz cannot be downloaded")


def test_a_full_disk_before(web, tmp_path):
    huge = web.origin()
    huge.files["train-images-idx3-ubyte.gz"] = Download(1 << 60, "")
    says = r"has \d+ MB free, but mnist needs about \d+ MB; make room"
    assert re.search(says, refused(web, tmp_path, huge))
    assert not web.asked


@pytest.mark.parametrize("limit", [5_000, 50_000], ids=["downloading", "writing"])
def test_a_full_disk_on_the_way(web, tmp_path, limit):
    with full_disk(limit):
        message = refused(web, tmp_path)
    assert re.match(f"mnist cannot be prepared in {tmp_path}: .*File too large", message)


def test_content_that_is_no_data_set(web, tmp_path):
    name, content = "train-labels-idx1-ubyte.gz", b"not gzip"
    web.content[name] = content
    origin = web.origin()
    origin.files[name] = Download(len(content), hashlib.sha256(content).hexdigest())
    assert f"{name} is not a gzipped IDX file" in refused(web, tmp_path, origin)


def test_what_is_not_ours_stays(web, tmp_path):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    with pytest.raises(WrongUse, match=r"is not a prepared data set .*; remove it first"):
        preparation.prepare("mnist", web.origin(), tmp_path)
    (folder / "dataset_info.json").write_text('{"fileFormat": "tfrecord"}')
    with pytest.raises(WrongUse, match="is prepared as tfrecord, which needs TensorFlow"):
        preparation.prepare("mnist", web.origin(), tmp_path)
    assert [path.name for path in folder.iterdir()] == ["dataset_info.json"]
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(WrongUse, match="cannot be written"):
        preparation.prepare("mnist", web.origin(), blocked / "below")


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
        preparation.prepare("mnist", web.origin(), tmp_path)
        other.stdin.close()
    assert {path.name for path in tmp_path.iterdir()} == {"mnist", ".preparing-mnist-alive"}


@pytest.mark.parametrize("name", ORIGINS)
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
    assert tuple(ours.splits) == ORIGINS[name].splits
