"""What `check_dataset` tells an author whose data set breaks a law."""

import numpy as np
import pytest

from pruning_jax.data.preparing.origin import Download, Origin
from pruning_jax.data.sources import DataSet, Source, Spec
from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_dataset

SPEC = Spec(train_size=4, test_size=2, image_shape=(3, 5, 1), num_classes=3)
SOURCE = Source(
    np.zeros((4, 3, 5, 1), np.uint8),
    np.array([0, 1, 2, 0], np.int32),
    np.zeros((2, 3, 5, 1), np.uint8),
    np.array([2, 1], np.int32),
)


def made(spec=SPEC, source=SOURCE, origin=None):
    return DataSet(spec, lambda data_dir: source, origin)


def examples(folder, split):
    return iter(())


def origin(size=3, sha256="0" * 64, **change):
    return Origin("https://host", {"file": Download(size, sha256)}, examples, **change)


def test_a_lawful_one_passes():
    check_dataset(made(origin=origin()))
    check_dataset(made(source=SOURCE._replace(mean=np.zeros(1), std=np.ones(1))))
    check_dataset("digits")


def test_it_is_loaded_from_where_it_is_said_to_be():
    asked = []

    def load(data_dir):
        asked.append(data_dir)
        return SOURCE

    check_dataset(DataSet(SPEC, load), "some/folder")
    assert asked == ["some/folder", "some/folder"]


@pytest.mark.parametrize(
    ("dataset", "says"),
    [
        (made(SPEC._replace(train_size=0)), "spec.train_size is 0, not a number above 0"),
        (made(SPEC._replace(image_shape=(3, 5))), r"\(3, 5\); it must be .* np\.newaxis\] adds"),
        (made(SPEC._replace(num_classes=1)), "spec.num_classes is 1, not a number above 1"),
        (made(spec=(4, 2, (3, 5, 1), 3)), "spec is tuple, not a Spec"),
        (made(source=tuple(SOURCE)), r"load\(data_dir\) returns tuple; return a .*Source"),
        (made(SPEC._replace(train_size=5)), "not return what the spec says: 4 training examples"),
        (made(source=SOURCE._replace(mean=np.zeros(1))), "Only the mean is given; give both"),
        (
            made(source=SOURCE._replace(mean=np.zeros(3), std=np.ones(3))),
            r"mean has the shape \(3,\); it must have a number for each channel, \(1,\)",
        ),
        (
            made(source=SOURCE._replace(mean=np.zeros(1), std=np.zeros(1))),
            r"std is \[0\.\]; images are divided by it",
        ),
        (made(origin=origin(size=0)), r"origin\.files\['file'\]\.size is 0; give its size"),
        (made(origin=origin(sha256="abc")), r"sha256 is 'abc'; give what `sha256sum` prints"),
        (made(origin=origin(splits=("train",))), "origin.splits is .*; name one to train on"),
    ],
)
def test_what_breaks_a_law_is_told_what_to_do(dataset, says):
    with pytest.raises(AssertionError, match=says):
        check_dataset(dataset)


def test_what_changes_from_load_to_load_is_told_so():
    draws = iter([np.array([0, 1]), np.array([1, 0])])
    dataset = DataSet(SPEC, lambda data_dir: SOURCE._replace(test_labels=next(draws)))
    with pytest.raises(
        AssertionError, match="other test_labels the second time; draw with a fixed"
    ):
        check_dataset(dataset)


def test_what_is_no_data_set():
    with pytest.raises(WrongUse, match="did you mean digits"):
        check_dataset("digit")
