"""A data set outside the package, named by a module's path: what image_files.py makes."""

from pruning_jax.data import Spec, _streamed

SPEC = Spec(train_size=60, test_size=20, image_shape=(32, 32, 3), num_classes=10, streamed=True)


def load(data_dir=""):
    return _streamed.load(
        "imagenet2012", data_dir, "train", "validation", (124.0, 116.0, 104.0), (58.0, 57.0, 57.0)
    )
