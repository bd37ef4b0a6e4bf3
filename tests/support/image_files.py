"""A small data set as TFDS prepares ImageNet: JPEG files of many sizes, in several shards.

Among the training images are a grey one, a CMYK one and a PNG file with the name of a JPEG, as in
ImageNet. The colour of an image tells its class.
"""

import io
from contextlib import redirect_stdout

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image
from tensorflow_datasets.core import registered

CLASSES = 10
SPLITS = {"train": 60, "validation": 20}
GREY, CMYK, PNG = 3, 4, 5
"""The numbers of the unusual training images."""

SHARDS = 3


def pixels(number, size):
    """An image uint8 [height, width, 3] of a class's colour with smooth noise."""
    rng = np.random.default_rng(number)
    width, height = size
    colour = np.random.default_rng(number % CLASSES).uniform(40, 215, 3)
    coarse = rng.normal(0, 25, (height // 12 + 2, width // 12 + 2, 3))
    channels = [Image.fromarray(c.astype(np.float32)) for c in np.moveaxis(coarse, -1, 0)]
    smooth = [np.asarray(c.resize(size, Image.Resampling.BICUBIC)) for c in channels]
    return np.clip(colour + np.stack(smooth, -1), 0, 255).astype(np.uint8)


def size(number):
    """The width and height of an image, from 24 to 400 pixels, higher than wide or wider."""
    rng = np.random.default_rng([7, number])
    return tuple(int(v) for v in np.exp(rng.uniform(np.log(24), np.log(400), 2)))


def jpeg(image, **settings):
    """The file of an image: an array, or Pillow's own."""
    file = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, **{"format": "JPEG", "quality": 90, **settings})
    return file.getvalue()


def encoded(split, number):
    """The file of an example; validation images differ from those to train on."""
    image = Image.fromarray(pixels(number + (split != "train") * 1000, size(number)))
    kinds = {GREY: ("L", "JPEG"), CMYK: ("CMYK", "JPEG"), PNG: ("RGB", "PNG")}
    mode, form = kinds.get(number, ("RGB", "JPEG")) if split == "train" else ("RGB", "JPEG")
    return jpeg(image.convert(mode), format=form)


def make(folder, files=encoded):
    """Prepares the data set in a folder, as imagenet2012; returns the folder of its version.

    Args:
      files: takes a split and a number, returns the file of an example; the example's label is
        number % CLASSES.
    """
    with registered.skip_registration():  # because the name is taken, by TFDS

        class Builder(tfds.core.GeneratorBasedBuilder):
            name = "imagenet2012"
            VERSION = tfds.core.Version("5.1.0")
            code_path = None

            def _info(self):
                features = {
                    "image": tfds.features.Image(encoding_format="jpeg"),
                    "label": tfds.features.ClassLabel(num_classes=1000),
                    "file_name": tfds.features.Text(),
                }
                return tfds.core.DatasetInfo(
                    builder=self, features=tfds.features.FeaturesDict(features)
                )

            def _split_generators(self, _):
                return {split: self._generate_examples(split) for split in SPLITS}

            def _generate_examples(self, split):
                for number in range(SPLITS[split]):
                    name = f"{split}_{number}.JPEG"
                    image = io.BytesIO(files(split, number))
                    yield name, {"image": image, "label": number % CLASSES, "file_name": name}

    tfds.disable_progress_bar()
    builder = Builder(data_dir=folder)
    with redirect_stdout(io.StringIO()):
        builder.download_and_prepare(
            file_format="array_record",
            download_config=tfds.download.DownloadConfig(num_shards=SHARDS),
        )
    return folder / "imagenet2012" / "5.1.0"


def records(folder):
    """For each split the numbers of its examples, in the order of the records."""
    builder = tfds.builder_from_directory(folder)
    decoders = {"image": tfds.decode.SkipDecoding()}
    return {
        split: [
            int(record["file_name"].decode().split("_")[1].removesuffix(".JPEG"))
            for record in builder.as_data_source(split, decoders=decoders)
        ]
        for split in SPLITS
    }
