"""CIFAR-10: 60,000 colour images of 32 x 32 in 10 classes (Krizhevsky 2009), through TFDS."""

from pruning_jax.data import Source, Spec, _tfds

SPEC = Spec(train_size=50_000, test_size=10_000, image_shape=(32, 32, 3), num_classes=10)


def load(data_dir: str = "") -> Source:
    return _tfds.load("cifar10", data_dir)
