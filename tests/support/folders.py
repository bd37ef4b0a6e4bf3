"""Data sets prepared as TFDS prepares them, with images of our own, small or of full size."""

import io
import json
import os
import shutil

import numpy as np
from array_record.python.array_record_module import ArrayRecordReader, ArrayRecordWriter
from PIL import Image

from pruning_jax.data import sources
from pruning_jax.data.preparing import preparation
from pruning_jax.data.preparing.origin import Origin

SMALL = {"train": 40, "test": 15, "validation": 15}


def prepare(place, name="mnist", shapes=None):
    """Prepares a small data set in the folder `place`; returns the folder of its version.

    Args:
      shapes: of its images, one after the other; by default that of the data set.
    """
    known, splits = sources.spec(name), sources.origins()[name].splits

    def examples(_, split):
        rng = np.random.default_rng(len(split))
        for index in range(SMALL[split]):
            shape = shapes[index % len(shapes)] if shapes else known.image_shape
            features = {"image": rng.integers(0, 256, shape).astype(np.uint8)}
            features["label"] = known.num_classes - 1 - index % known.num_classes
            if name == "imagenet2012":
                file = io.BytesIO()
                Image.fromarray(features["image"]).save(file, "JPEG")
                features |= {"image": file.getvalue(), "file_name": f"{split}_{index}.JPEG"}
            elif not name.endswith("mnist"):
                features["id"] = f"{split}_{index:05d}"
            if name == "cifar100":
                features["coarse_label"] = features["label"] // 5
            yield index, features

    folder, new = preparation.prepare(name, Origin("", {}, examples, splits=splits), place)
    assert new
    return folder


def shard(folder, split):
    """The one file of a split."""
    (path,) = folder.glob(f"*-{split}.array_record-*")
    return path


def info(folder, change):
    """Changes what dataset_info.json says, by `change(content)`."""
    path = folder / "dataset_info.json"
    content = json.loads(path.read_text())
    change(content)
    path.unlink()  # copies share the file
    path.write_text(json.dumps(content))


def repeat(folder, sizes):
    """Makes a data set as large as `sizes` says: its examples again and again."""
    for split, size in sizes.items():
        path = shard(folder, split)
        reader = ArrayRecordReader(str(path))
        records = reader.read_all()
        reader.close()
        writer = ArrayRecordWriter(str(path), "group_size:1")
        for index in range(size):
            writer.write(records[index % len(records)])
        writer.close()

    def change(content):
        for split in content["splits"]:
            split["shardLengths"] = [str(sizes[split["name"]])]

    info(folder, change)


def copy(folder, place):
    """A copy of a data set's folder under another `data_dir`.

    Its files are hard links: a test must replace them, not write into them.
    """
    return shutil.copytree(folder, place / folder.parent.name / folder.name, copy_function=os.link)
