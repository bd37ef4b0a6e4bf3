"""SVHN's MATLAB files, prepared so that TFDS reads them: tiny ones of the original format."""

import hashlib
import io
import sys
from contextlib import nullcontext

import numpy as np
import pytest
import tensorflow_datasets as tfds
from processes import full_disk
from scipy.io import savemat

from pruning_jax.data.preparing import preparation
from pruning_jax.data.preparing.origin import Download
from pruning_jax.data.reading import prepared
from pruning_jax.data.sets import svhn_cropped
from pruning_jax.errors import WrongUse

COUNTS = {"train": 25, "test": 9}


def arrays(split):
    """Images and labels, 1 to 10."""
    rng = np.random.default_rng(len(split))
    images = rng.integers(0, 256, (COUNTS[split], 32, 32, 3)).astype(np.uint8)
    return images, (np.arange(COUNTS[split]) % 10 + 1).astype(np.uint8)


def matlab(images, labels):
    buffer = io.BytesIO()
    savemat(buffer, {"X": images.transpose(1, 2, 3, 0), "y": labels[:, None]})
    return buffer.getvalue()


def prepare(tmp_path, changed, room=None):
    """Prepares the data set from a folder as the mirror, with some files changed, where no file
    may be larger than `room`."""
    files = {f"{split}_32x32.mat": matlab(*arrays(split)) for split in COUNTS} | changed
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    known = {}
    for name, content in files.items():
        (downloads / name).write_bytes(content)
        known[name] = Download(len(content), hashlib.sha256(content).hexdigest())
    origin = svhn_cropped.ORIGIN._replace(files=known)
    place = tmp_path / "prepared"
    with full_disk(room) if room else nullcontext():
        return preparation.prepare("svhn_cropped", origin, place, downloads.as_uri())


def test_tfds_reads_what_was_prepared(tmp_path):
    folder, _ = prepare(tmp_path, {})
    place = tmp_path / "prepared"
    read = prepared.decode(folder, (32, 32, 3))
    for split, count in COUNTS.items():
        images, labels = arrays(split)
        records = list(tfds.data_source("svhn_cropped", split=split, data_dir=place))
        order = [int(record["id"].decode().removeprefix(f"{split}_")) for record in records]
        assert sorted(order) == list(range(count))
        np.testing.assert_array_equal([r["image"] for r in records], images[order])
        np.testing.assert_array_equal(getattr(read, f"{split}_labels"), labels[order] % 10)
    assert "tensorflow" not in sys.modules


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"nothing", "is damaged, or not a file of SVHN"),
        (matlab(*arrays("test"))[:5000], "is damaged, or not a file of SVHN"),
        (matlab(arrays("test")[0], arrays("test")[1][:-1]), "do not belong together"),
        (matlab(arrays("test")[0], arrays("test")[1] - 1), "labels from 0 to 8, not from 1 to 10"),
    ],
    ids=["no matlab file", "cut short", "fewer labels", "from 0 on"],
)
def test_files_that_are_not_whole(tmp_path, content, says):
    with pytest.raises(WrongUse, match=says) as caught:
        prepare(tmp_path, {"test_32x32.mat": content})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "prepared").exists()


@pytest.mark.parametrize("size", [5_000, 80_000], ids=["downloading", "writing"])
def test_a_full_disk_on_the_way(tmp_path, size):
    place = tmp_path / "prepared"
    says = f"^svhn_cropped cannot be prepared in {place}: .*File too large"
    with pytest.raises(WrongUse, match=says) as caught:
        prepare(tmp_path, {}, size)
    assert "\n" not in str(caught.value)
    assert not place.exists()
