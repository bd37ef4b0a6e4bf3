"""CIFAR's archives, prepared so that TFDS reads them: tiny ones of the original format."""

import hashlib
import io
import sys
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds
from processes import full_disk

from pruning_jax.data import sources
from pruning_jax.data.preparing import preparation
from pruning_jax.data.preparing.origin import Download
from pruning_jax.data.reading import prepared
from pruning_jax.errors import WrongUse

COUNTS = {"train": 30, "test": 8}
NAMES = {"cifar10": 10, "cifar100": 100}


def arrays(name, split):
    """Images, and labels by name in the order of the file."""
    rng = np.random.default_rng([NAMES[name], len(split)])
    images = rng.integers(0, 256, (COUNTS[split], 32, 32, 3)).astype(np.uint8)
    labels = {"label": rng.integers(0, NAMES[name], COUNTS[split]).astype(np.uint8)}
    if name == "cifar100":
        labels = {"coarse_label": (labels["label"] // 5).astype(np.uint8), **labels}
    return images, labels


def binary(name, split):
    """The records of a split: labels, then the image channel by channel."""
    images, labels = arrays(name, split)
    heads = np.stack(list(labels.values()), 1)
    return np.concatenate([heads, images.transpose(0, 3, 1, 2).reshape(len(images), -1)], 1)


def members(name):
    """The files of an archive."""
    train, test = (binary(name, split) for split in ("train", "test"))
    names = "".join(f"class {i}\n" for i in range(NAMES[name])) + "\n"
    if name == "cifar100":
        coarse = "".join(f"group {i}\n" for i in range(20))
        found = {"train.bin": train.tobytes(), "test.bin": test.tobytes()}
        found |= {"fine_label_names.txt": names.encode()}
        found |= {"coarse_label_names.txt": coarse.encode()}
        return {f"cifar-100-binary/{file}": content for file, content in found.items()}
    parts = {f"data_batch_{i + 1}.bin": part for i, part in enumerate(np.array_split(train, 5))}
    found = {file: part.tobytes() for file, part in parts.items()}
    found |= {"test_batch.bin": test.tobytes(), "batches.meta.txt": names.encode()}
    return {f"cifar-10-batches-bin/{file}": content for file, content in found.items()}


def archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def prepare(name, content, tmp_path):
    """Prepares a data set from an archive with this content, in a folder as the mirror."""
    origin = sources.origins()[name]
    (file,) = origin.files
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    (downloads / file).write_bytes(content)
    expected = Download(len(content), hashlib.sha256(content).hexdigest())
    place = tmp_path / "prepared"
    found = origin._replace(files={file: expected})
    return place, lambda: preparation.prepare(name, found, place, downloads.as_uri())


@pytest.mark.parametrize("name", NAMES)
def test_tfds_reads_what_was_prepared(tmp_path, name):
    place, run = prepare(name, archive(members(name)), tmp_path)
    folder, new = run()
    assert new
    read = prepared.decode(folder, (32, 32, 3))
    for split, count in COUNTS.items():
        images, labels = arrays(name, split)
        records = list(tfds.data_source(name, split=split, data_dir=place))
        assert len(records) == count
        order = [int(record["id"].decode().removeprefix(f"{split}_")) for record in records]
        assert sorted(order) == list(range(count))
        for label, values in labels.items():
            assert [int(record[label]) for record in records] == values[order].tolist()
        np.testing.assert_array_equal([r["image"] for r in records], images[order])
        np.testing.assert_array_equal(getattr(read, f"{split}_images"), images[order])
        np.testing.assert_array_equal(getattr(read, f"{split}_labels"), labels["label"][order])
    names = (folder / "label.labels.txt").read_text().splitlines()
    assert names == [f"class {i}" for i in range(NAMES[name])]
    assert "tensorflow" not in sys.modules


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda files: b"no archive", "is damaged, or not CIFAR's"),
        (lambda files: archive(files)[:2000], "is damaged, or not CIFAR's"),
        (lambda files: archive(dict(list(files.items())[1:])), "is damaged, or not CIFAR's"),
        (lambda files: archive({n: c[:-7] for n, c in files.items()}), "bytes, not records of"),
    ],
    ids=["no archive", "cut short", "a file is missing", "a record is cut"],
)
def test_archives_that_are_not_whole(tmp_path, name, damage, says):
    place, run = prepare(name, damage(members(name)), tmp_path)
    with pytest.raises(WrongUse, match=says) as caught:
        run()
    assert "\n" not in str(caught.value)
    assert not place.exists()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [5_000, 125_000], ids=["downloading", "writing"])
def test_a_full_disk_on_the_way(tmp_path, name, size):
    place, run = prepare(name, archive(members(name)), tmp_path)
    says = f"^{name} cannot be prepared in {place}: .*File too large"
    with full_disk(size), pytest.raises(WrongUse, match=says) as caught:
        run()
    assert "\n" not in str(caught.value)
    assert not place.exists()
    assert run()[1]
