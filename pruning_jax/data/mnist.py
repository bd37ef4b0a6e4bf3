"""MNIST: 70,000 handwritten digits of 28 x 28 (LeCun et al. 1998), through TFDS."""

from pruning_jax.data import Source, Spec, _tfds

SPEC = Spec(train_size=60_000, test_size=10_000, image_shape=(28, 28, 1), num_classes=10)


def load(data_dir: str = "") -> Source:
    return _tfds.load("mnist", data_dir)
