"""Images that stay in their files: selected, joined, sent, and named in messages."""

import pickle

import image_files
import numpy as np
import pytest
import tiny_images

from pruning_jax.data.reading import encoded


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return image_files.make(tmp_path_factory.mktemp("tfds"))


@pytest.fixture
def source(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tiny_images.load(str(folder.parents[1]))


def test_a_selection_and_a_concatenation_keep_their_order(source):
    some, others = source.train_images[np.array([40, 3, 3])], source.test_images[2:4]
    both = encoded.concatenate([some, others])
    expected = [source.train_images.read(p) for p in (40, 3, 3)]
    expected += [source.test_images.read(p) for p in (2, 3)]
    assert [both.read(p) for p in range(5)] == expected
    assert [both.name(p) for p in range(5)] == [
        *(source.train_images.name(p) for p in (40, 3, 3)),
        *(source.test_images.name(p) for p in (2, 3)),
    ]


def test_it_is_cheap_to_send(source):
    source.train_images.read(0)
    sent = pickle.dumps(source.train_images)
    assert len(sent) < 2000
    assert pickle.loads(sent).read(7) == source.train_images.read(7)


def test_a_name_says_where_an_image_lies(folder, source):
    lengths = {shard.path: shard.records for shard in source.train_images.shards}
    place = 1 + next(iter(lengths.values()))
    second = folder / "imagenet2012-train.array_record-00001-of-00003"
    expected = f"record {place} of train (record 1 of {second})"
    assert source.train_images.name(place) == expected
