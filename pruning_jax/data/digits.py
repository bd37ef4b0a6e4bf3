"""Digits: 1,797 images of 8 x 8 (Alpaydin & Kaynak 1998), a part of scikit-learn.

They come without a division; 500 for testing, drawn once and for all, is this project's.
"""

from typing import Any

import numpy as np

from pruning_jax.data import Source, Spec

SPEC = Spec(train_size=1297, test_size=500, image_shape=(8, 8, 1), num_classes=10)


def load(data_dir: str = "") -> Source:
    from sklearn.datasets import load_digits  # here: it takes a second, and SPEC does without

    digits: Any = load_digits()
    images = digits.images[..., np.newaxis].astype(np.uint8)  # grey levels 0 to 16
    labels = digits.target.astype(np.int32)
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[: SPEC.train_size], order[SPEC.train_size :]
    return Source(images[train], labels[train], images[test], labels[test])
