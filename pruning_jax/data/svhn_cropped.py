"""SVHN, cropped: house numbers of 32 x 32 in 10 classes (Netzer et al. 2011), through TFDS.

The additional, easier images are left aside.
"""

from pruning_jax.data import Source, Spec, _tfds

SPEC = Spec(train_size=73_257, test_size=26_032, image_shape=(32, 32, 3), num_classes=10)


def load(data_dir: str = "") -> Source:
    return _tfds.load("svhn_cropped", data_dir)
