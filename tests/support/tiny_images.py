"""What image_files.py makes, as a data set outside the package."""

from functools import partial

from pruning_jax.data.reading import streamed
from pruning_jax.data.sources import DataSet, Spec

SPEC = Spec(train_size=60, test_size=20, image_shape=(32, 32, 3), num_classes=10, streamed=True)

load = partial(
    streamed.load,
    "imagenet2012",
    splits=("train", "validation"),
    mean=(124.0, 116.0, 104.0),
    std=(58.0, 57.0, 57.0),
)

DATASET = DataSet(SPEC, load)
