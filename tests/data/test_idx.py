"""The file format of MNIST: what is read, and what is refused."""

import gzip

import numpy as np
import pytest
import web

from pruning_jax.data.preparing import idx
from pruning_jax.errors import WrongUse

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.fixture
def folder(tmp_path):
    for name, content in web.files().items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("split", ["train", "test"])
def test_examples_are_those_of_the_files(folder, split):
    images, labels = web.arrays(split)
    found = list(idx.examples(folder, split))
    assert [key for key, _ in found] == list(range(web.SIZES[split]))
    assert [features["label"] for _, features in found] == labels.tolist()
    read = np.stack([features["image"] for _, features in found])
    np.testing.assert_array_equal(read, images[..., None])
    assert read.dtype == np.uint8


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (IMAGES, b"not gzip", "is not a gzipped IDX file, or damaged: BadGzipFile"),
        (IMAGES, web.files()[IMAGES][:-500], "is not a gzipped IDX file, or damaged: EOFError"),
        (LABELS, gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc"), r"shape \(9,\), but it has 3 bytes"),
        (LABELS, gzip.compress(b"\0\0\x0d\x01\0\0\0\x03abc"), "header says type 13"),
        (LABELS, gzip.compress(b""), "is not a gzipped IDX file, or damaged: error"),
        (LABELS, web.idx(np.zeros(39, np.uint8)), "do not belong together"),
    ],
    ids=["no gzip", "cut short", "shorter than it says", "floats", "empty", "other labels"],
)
def test_what_is_no_such_file(folder, name, content, says):
    (folder / name).write_bytes(content)
    with pytest.raises(WrongUse, match=says) as caught:
        list(idx.examples(folder, "train"))
    assert str(caught.value).startswith(("train", name))
    assert "\n" not in str(caught.value)
