"""Fashion-MNIST: 70,000 articles of clothing of 28 x 28 (Xiao et al. 2017, arXiv 1708.07747),
through TFDS."""

from pruning_jax.data import Source, Spec, _tfds

SPEC = Spec(train_size=60_000, test_size=10_000, image_shape=(28, 28, 1), num_classes=10)


def load(data_dir: str = "") -> Source:
    return _tfds.load("fashion_mnist", data_dir)
