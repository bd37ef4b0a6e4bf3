"""The folder of a prepared data set: where it is, and which version of it."""

import json
from pathlib import Path

import pytest

from pruning_jax.data.reading import tfds_folder
from pruning_jax.errors import WrongUse


def test_where_data_sets_are(monkeypatch):
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    assert tfds_folder.directory("") == Path.home() / "tensorflow_datasets"
    monkeypatch.setenv("TFDS_DATA_DIR", "/of/the/environment")
    assert tfds_folder.directory("") == Path("/of/the/environment")
    assert tfds_folder.directory("/given") == Path("/given")


def test_the_newest_version_is_read(tmp_path):
    """By its numbers, not by its letters; what a killed preparation left is not one."""
    for name in ("9.0.1", "10.0.0", "2.0.0", "incomplete.ABC_11.0.0", "12.0"):
        (tmp_path / "mnist" / name).mkdir(parents=True)
    with tfds_folder.opened("mnist", str(tmp_path)) as folder:
        assert folder == tmp_path / "mnist" / "10.0.0"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (tfds_folder.Damaged("a file is missing"), "is damaged: a file is missing; remove this"),
        (PermissionError(13, "Permission denied", "file"), "cannot be read: file: Permission den"),
    ],
)
def test_what_goes_wrong_while_it_is_read_is_one_line(tmp_path, error, says):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    with pytest.raises(WrongUse, match=says) as caught, tfds_folder.opened("mnist", str(tmp_path)):
        raise error
    assert str(caught.value).startswith(f"dataset 'mnist' in {folder} ")


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        ('{"fileFormat": "tfrecord"}', WrongUse, "as tfrecord, which needs TensorFlow; prepare"),
        (json.dumps({"name": "mnist"}), tfds_folder.Damaged, "has no 'fileFormat'"),
        ("{", tfds_folder.Damaged, "is not JSON"),
        ("[]", tfds_folder.Damaged, "says nothing"),
        (None, tfds_folder.Damaged, "is missing"),
    ],
)
def test_what_is_not_array_record_is_refused(tmp_path, content, error, says):
    if content is not None:
        (tmp_path / "dataset_info.json").write_text(content)
    with pytest.raises(error, match=says):
        tfds_folder.check_format(tmp_path)


def test_array_record_is_not_refused(tmp_path):
    (tmp_path / "dataset_info.json").write_text('{"fileFormat": "array_record"}')
    tfds_folder.check_format(tmp_path)
