"""ImageNet's archives, prepared so that TFDS reads them: tiny ones of the original format."""

import io
import os
import subprocess
import sys
import tarfile

import image_files
import numpy as np
import pytest
import tensorflow_datasets as tfds

from pruning_jax.data.preparing import preparation
from pruning_jax.data.preparing.origin import Download
from pruning_jax.data.reading import pixels
from pruning_jax.data.sets import imagenet2012, mnist
from pruning_jax.errors import WrongUse

SYNSETS = {"n01440764": 0, "n02105855": 230, "n15075141": 999}
TRAIN, VALIDATION = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"
LABELS = {"ILSVRC2012_val_00000001.JPEG": 65, "ILSVRC2012_val_00000002.JPEG": 970}
"""The first two of the real validation set: its labels are public."""


def archive(files):
    """A tar file of contents by name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def training():
    """By synset: images by name; a grey, a CMYK and a PNG image among them."""
    return {
        synset: {
            f"{synset}_{number}.JPEG": image_files.encoded("train", 3 * i + number)
            for number in range(3)
        }
        for i, synset in enumerate(SYNSETS)
    }


def validation():
    return {name: image_files.encoded("validation", i) for i, name in enumerate(LABELS)}


def archives():
    inner = {f"{synset}.tar": archive(files) for synset, files in training().items()}
    return {TRAIN: archive(inner), VALIDATION: archive(validation())}


def put(folder, files):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def origin(files):
    known = {name: Download(len(content), "") for name, content in files.items()}
    return imagenet2012.ORIGIN._replace(files=known)


def prepare(tmp_path, files):
    given = put(tmp_path / "archives", files)
    known = origin({**archives(), **files})
    return preparation.prepare("imagenet2012", known, tmp_path / "prepared", "", given)


def test_tfds_reads_what_was_prepared(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder, new = prepare(tmp_path, archives())
    assert new
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == ["imagenet2012"]
    decoders = {"image": tfds.decode.SkipDecoding()}
    expected = {
        "train": {
            name: (SYNSETS[synset], content)
            for synset, files in training().items()
            for name, content in files.items()
        },
        "validation": {name: (LABELS[name], content) for name, content in validation().items()},
    }
    place = tmp_path / "prepared"
    source = imagenet2012.DATASET.load(str(place))
    sides = {
        "train": (source.train_images, source.train_labels),
        "validation": (source.test_images, source.test_labels),
    }
    for split, known in expected.items():
        records = list(
            tfds.data_source("imagenet2012", split=split, data_dir=place, decoders=decoders)
        )
        found = {r["file_name"].decode(): (int(r["label"]), r["image"]) for r in records}
        assert found == known
        images, labels = sides[split]
        assert labels.tolist() == [int(r["label"]) for r in records]
        assert [images.read(i) for i in range(len(images))] == [r["image"] for r in records]
        for i in range(len(images)):
            assert pixels.pixels(images.read(i), (8, 8, 3), None).shape == (8, 8, 3)
    assert "tensorflow" not in sys.modules
    names = tfds.builder_from_directory(folder).info.features["label"].names
    assert [names[label] for label in SYNSETS.values()] == list(SYNSETS)


def test_what_is_prepared_stays(tmp_path):
    folder, _ = prepare(tmp_path, archives())
    again = preparation.prepare("imagenet2012", origin({}), tmp_path / "prepared")
    assert again == (folder, False)


def damaged(name, content):
    return {**archives(), name: content}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (damaged(TRAIN, b"no archive" * 100), "train.tar is damaged, or not ImageNet's"),
        (damaged(TRAIN, archives()[TRAIN][:3000]), "train.tar is damaged, or not ImageNet's"),
        (damaged(TRAIN, archive({"n01440764.tar": b"x" * 900})), "train.tar is damaged"),
        (damaged(TRAIN, archive({"n1.tar": archive({"n1_1.JPEG": b"x"})})), "cannot be prepared"),
        (damaged(VALIDATION, archive({"other.JPEG": b"x"})), "'other.JPEG' is not the name of"),
        (
            damaged(VALIDATION, archive({"ILSVRC2012_val_00050001.JPEG": b"x"})),
            "is not the name of",
        ),
    ],
    ids=["no archive", "cut short", "no inner archive", "no synset", "no image", "no number"],
)
def test_archives_that_are_not_whole(tmp_path, files, says):
    with pytest.raises(WrongUse, match=says) as caught:
        prepare(tmp_path, files)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "prepared").exists()


def test_archives_that_are_not_there(tmp_path):
    known = imagenet2012.ORIGIN
    place = tmp_path / "prepared"
    with pytest.raises(WrongUse, match=r"by hand: register at https://image-net.org.*--archives"):
        preparation.prepare("imagenet2012", known, place)
    with pytest.raises(WrongUse, match=f"^{tmp_path}/{TRAIN} is missing"):
        preparation.prepare("imagenet2012", known, place, "", tmp_path)
    given = put(tmp_path / "archives", archives())
    size = os.path.getsize(given / TRAIN)
    with pytest.raises(WrongUse, match=f"{TRAIN} has {size} bytes, not 147897477120; download"):
        preparation.prepare("imagenet2012", known, place, "", given)
    with pytest.raises(WrongUse, match="leave out --archives"):
        preparation.prepare("mnist", mnist.ORIGIN, place, "", given)
    assert not place.exists()


def test_the_command_names_the_archives(tmp_path):
    flags = ["--dataset=imagenet2012", f"--data_dir={tmp_path}", f"--archives={tmp_path}/none"]
    done = subprocess.run(
        [sys.executable, "-m", "pruning_jax.prepare", *flags], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"prepare.py: {tmp_path}/none/{TRAIN} is missing; it can be had at "
        "https://image-net.org/download-images"
    ]


def test_keys_are_names(tmp_path):
    """As in TFDS: their hashes decide the order on disk."""
    given = put(tmp_path / "archives", archives())
    keys = [key for key, _ in imagenet2012.ORIGIN.examples(given, "train")]
    assert keys == [name for files in training().values() for name in files]
    assert np.unique(keys).size == 9
