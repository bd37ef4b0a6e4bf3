"""Images that stay in their files until they are needed."""

import resource
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from pruning_jax.errors import WrongUse, said

OTHER_FILES = 1024
"""How many files may be open beside the shards."""


class Shard(NamedTuple):
    """A file with some records of a split."""

    split: str
    path: str
    first: int  # the number of its first record in the split
    records: int  # how many it has


@dataclass(frozen=True, eq=False)
class Encoded:
    """Images of a prepared TFDS set (array_record) as they are in its files: JPEG or PNG, of any
    size.

    No file is open until an image is read, so that it is cheap to send to another process.
    """

    shards: tuple[Shard, ...]
    records: np.ndarray  # int32 [n]: the record of each image, numbered through all shards

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, places: Int[np.ndarray, " m"] | slice) -> "Encoded":
        """The images at `places`, in this order."""
        return Encoded(self.shards, self.records[places])

    def __reduce__(self) -> tuple[type["Encoded"], tuple[tuple[Shard, ...], np.ndarray]]:
        return Encoded, (self.shards, self.records)  # without the open files

    def read(self, place: int) -> bytes:
        """The file of the image at a place, as it was encoded.

        Raises:
          WrongUse: it cannot be read.
        """
        return self._feature(place, "image").bytes_list.value[0]

    def labels(self) -> Int[np.ndarray, " n"]:
        """The labels int32 [n], read one after the other.

        Most of the time is spent on reading the images that are stored beside the labels.

        Raises:
          WrongUse: one cannot be read.
        """
        features = (self._feature(place, "label") for place in range(len(self)))
        return np.array([feature.int64_list.value[0] for feature in features], np.int32)

    def name(self, place: int) -> str:
        """Which record the image at a place is, for messages."""
        shard, inside = self._shard(place)
        return f"record {shard.first + inside} of {shard.split} (record {inside} of {shard.path})"

    def wrong(self, place: int, done: str, error: Exception) -> WrongUse:
        """The error that the image at a place cannot be read, or whatever was to be `done`."""
        return WrongUse(
            f"{self.name(place)} cannot be {done}: {said(error)}; remove the folder of this file "
            "and prepare the data set anew"
        )

    def _shard(self, place: int) -> tuple[Shard, int]:
        """The shard of an image, and the number of its record there."""
        record = int(self.records[place])
        number = int(np.searchsorted(self._ends, record, side="right"))
        return self.shards[number], record - int(self._ends[number]) + self.shards[number].records

    @cached_property
    def _ends(self) -> np.ndarray:
        """The number of records up to the end of each shard."""
        return np.cumsum([shard.records for shard in self.shards])

    def _feature(self, place: int, name: str) -> Any:
        """A feature of a record: a tf.train.Feature, which has no types, with one value."""
        from tensorflow_datasets.proto import tf_example_pb2  # here because it takes half a second

        proto: Any = tf_example_pb2
        try:
            record = self._source[int(self.records[place])]
            feature = proto.Example.FromString(record).features.feature[name]
            if not (feature.bytes_list.value or feature.int64_list.value):
                raise ValueError(f"it has no {name}")
        except Exception as error:  # array_record and protobuf raise errors of any kind
            raise self.wrong(place, "read", error) from error
        return feature

    @cached_property
    def _source(self) -> Any:
        """An ArrayRecordDataSource of all shards, which has no types."""
        from array_record.python.array_record_data_source import ArrayRecordDataSource

        # A shard stays open once something was read from it, so that as many files may have to be
        # open as there are shards.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        need = len(self.shards) + OTHER_FILES
        if resource.RLIM_INFINITY != soft < need:
            need = need if hard == resource.RLIM_INFINITY else min(need, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))
        return ArrayRecordDataSource([f"{s.path}[0:{s.records}]" for s in self.shards])


def concatenate(parts: Sequence[Encoded]) -> Encoded:
    """Several sets of images, one after the other."""
    shards = tuple(shard for part in parts for shard in part.shards)
    sizes = [sum(shard.records for shard in part.shards) for part in parts]
    begins = np.cumsum([0, *sizes[:-1]])
    records = [part.records + begin for part, begin in zip(parts, begins, strict=True)]
    return Encoded(shards, np.concatenate(records).astype(np.int32))
