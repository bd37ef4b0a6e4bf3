"""How a data set is found, and what of its content is refused."""

import sys

import image_files
import numpy as np
import pytest
import tiny_images

from pruning_jax.data import sources
from pruning_jax.data.reading.encoded import Encoded
from pruning_jax.data.sources import DataSet, Source, Spec
from pruning_jax.errors import WrongUse

SPEC = Spec(train_size=4, test_size=2, image_shape=(3, 5, 1), num_classes=3)
SOURCE = Source(
    np.zeros((4, 3, 5, 1), np.uint8),
    np.array([0, 1, 2, 0], np.int32),
    np.zeros((2, 3, 5, 1), np.uint8),
    np.array([2, 1], np.int32),
)
NOWHERE = Encoded((), np.arange(4, dtype=np.int32))


def test_an_unknown_data_set_is_refused():
    with pytest.raises(WrongUse, match="did you mean mnist"):
        sources.spec("mnst")


def test_a_data_set_outside_the_package(tmp_path, monkeypatch):
    """It is found from where the command runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    image_files.make(tmp_path)
    name = "tests.support.tiny_images:DATASET"
    assert sources.spec(name) == tiny_images.SPEC
    assert len(sources.load(name, str(tmp_path)).train_images) == 60


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("outside_nowhere:DATASET", None, "cannot be imported: ModuleNotFoundError"),
        ("outside_broken:DATASET", "1 / 0", "cannot be imported .*: ZeroDivisionError"),
        ("outside_empty:DATASET", "", "the module outside_empty has no 'DATASET'"),
        ("outside_other:DATASET", "DATASET = 3", "is of type int; it must be a .*DataSet"),
        ("outside_dotted.module", None, "is not one of"),
    ],
)
def test_a_module_that_has_no_data_set(name, content, says, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = name.partition(":")[0]
    monkeypatch.delitem(sys.modules, module, raising=False)
    if content is not None:
        (tmp_path / f"{module}.py").write_text(content)
    with pytest.raises(WrongUse, match=says) as caught:
        sources.find(name)
    assert "\n" not in str(caught.value)


def test_a_source_that_is_what_its_spec_says():
    assert sources.fault(SPEC, SOURCE) == ""
    ends = {"train_images": NOWHERE, "test_images": NOWHERE[np.array([0, 1])]}
    moments = {"mean": np.zeros(1), "std": np.ones(1)}
    assert sources.fault(SPEC._replace(streamed=True), SOURCE._replace(**ends, **moments)) == ""


@pytest.mark.parametrize(
    ("spec", "change", "says"),
    [
        ({}, {"train_images": SOURCE.train_images / 255}, "training images of float64 where uint8"),
        ({"image_shape": (5, 3, 1)}, {}, "training images of (3, 5, 1) where (5, 3, 1) is"),
        ({}, {"test_images": SOURCE.test_images[..., 0]}, "test images of (3, 5) where (3, 5, 1)"),
        ({"num_classes": 2}, {}, "training labels from 0 to 2 where there are 2 classes"),
        ({}, {"test_labels": np.array([-1, 1])}, "test labels from -1 to 1 where"),
        ({}, {"test_labels": np.array([1.0, 2.0])}, "test labels of float64 (2,) where whole"),
        ({}, {"train_labels": np.eye(4, dtype=int)}, "training labels of int64 (4, 4) where whole"),
        ({"train_size": 5}, {}, "4 training examples with 4 labels where 5 are expected"),
        ({}, {"test_labels": np.array([1])}, "2 test examples with 1 labels where 2 are"),
        ({}, {"train_labels": np.zeros(0, int)}, "4 training examples with 0 labels where 4"),
        ({"streamed": True}, {}, "training images are of type ndarray, and streamed is True"),
        ({}, {"train_images": NOWHERE}, "training images are of type Encoded, and streamed is"),
        (
            {"streamed": True},
            {"train_images": NOWHERE, "test_images": NOWHERE[np.array([0, 1])]},
            "a mean and a std must be given where images stay in their files",
        ),
    ],
)
def test_a_source_that_is_not_what_its_spec_says(spec, change, says, monkeypatch):
    known, source = SPEC._replace(**spec), SOURCE._replace(**change)
    assert sources.fault(known, source).startswith(says)
    module = type(sys)("outside_wrong")
    module.DATASET = DataSet(known, lambda data_dir: source)
    monkeypatch.setitem(sys.modules, "outside_wrong", module)
    with pytest.raises(WrongUse) as caught:
        sources.load("outside_wrong:DATASET")
    assert str(caught.value).startswith(f"dataset 'outside_wrong:DATASET': {says}")
