"""Images that stay in their files until they are needed."""

import resource
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from pruning_jax.checks import WrongUse


class Shard(NamedTuple):
    """A file with records of a split."""

    split: str
    path: str
    first: int  # its first record, counted in the split
    records: int


@dataclass(frozen=True, eq=False)
class Encoded:
    """Images of a prepared TFDS set (array_record) as its files have them: JPEG or PNG, of any
    size.

    Nothing is open until an image is read, so that it is cheap to send to another process.
    """

    shards: tuple[Shard, ...]
    records: np.ndarray  # int32 [n]: the record of each image, counted through all shards

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, places: np.ndarray | slice) -> "Encoded":
        """Those at `places`, in this order."""
        return Encoded(self.shards, self.records[places])

    def __reduce__(self) -> tuple[type["Encoded"], tuple[tuple[Shard, ...], np.ndarray]]:
        return Encoded, (self.shards, self.records)

    def read(self, place: int) -> bytes:
        """The file of the image at a place, as it was encoded.

        Raises:
          WrongUse: it cannot be read.
        """
        return self._feature(place, "image").bytes_list.value[0]

    def labels(self) -> np.ndarray:
        """The labels int32 [n], read one after the other: most of the time goes into reading
        the images that they lie beside.

        Raises:
          WrongUse: one cannot be read.
        """
        features = (self._feature(place, "label") for place in range(len(self)))
        return np.array([feature.int64_list.value[0] for feature in features], np.int32)

    def name(self, place: int) -> str:
        """Which record an image is, for messages."""
        shard, inside = self._found(place)
        return f"record {shard.first + inside} of {shard.split} (record {inside} of {shard.path})"

    def _found(self, place: int) -> tuple[Shard, int]:
        """The shard of an image and its record there."""
        record = int(self.records[place])
        number = int(np.searchsorted(self._ends, record, side="right"))
        return self.shards[number], record - int(self._ends[number]) + self.shards[number].records

    @cached_property
    def _ends(self) -> np.ndarray:
        return np.cumsum([shard.records for shard in self.shards])

    def _feature(self, place: int, name: str) -> Any:
        """A feature of a record: a tf.train.Feature with one value."""
        from tensorflow_datasets.proto import tf_example_pb2  # here: it takes half a second

        known: Any = tf_example_pb2
        try:
            record = self._source[int(self.records[place])]
            feature = known.Example.FromString(record).features.feature[name]
            if not (feature.bytes_list.value or feature.int64_list.value):
                raise ValueError(f"it has no {name}")
        except Exception as error:  # array_record and protobuf raise what they like
            raise self.wrong(place, "read", error) from error
        return feature

    def wrong(self, place: int, done: str, error: Exception) -> WrongUse:
        """One line about an image that cannot be read, or whatever is to be `done` with it."""
        reason = " ".join(str(error).split()) or type(error).__name__
        return WrongUse(
            f"{self.name(place)} cannot be {done}: {reason}; remove the folder of this file and "
            "prepare the data set anew"
        )

    @cached_property
    def _source(self) -> Any:
        from array_record.python.array_record_data_source import ArrayRecordDataSource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        need = len(self.shards) + OTHER_FILES  # a shard stays open once it is read from
        if resource.RLIM_INFINITY != soft < need:
            need = need if hard == resource.RLIM_INFINITY else min(need, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))
        return ArrayRecordDataSource([f"{s.path}[0:{s.records}]" for s in self.shards])


OTHER_FILES = 1024
"""How many more files may be open beside the shards."""


def concatenate(parts: Sequence[Encoded]) -> Encoded:
    """Several sets of images after each other."""
    shards = tuple(shard for part in parts for shard in part.shards)
    sizes = [sum(shard.records for shard in part.shards) for part in parts]
    begins = np.cumsum([0, *sizes[:-1]])
    records = [part.records + begin for part, begin in zip(parts, begins, strict=True)]
    return Encoded(shards, np.concatenate(records).astype(np.int32))
