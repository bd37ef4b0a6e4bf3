"""Digits: 1,797 images of 8 x 8 pixels (Alpaydin & Kaynak 1998), which come with scikit-learn.

They come without a division. The 500 images for testing, drawn once and for all, are this project's
decision.
"""

from typing import Any

import numpy as np

from pruning_jax.data.sources import DataSet, Source, Spec

SPEC = Spec(train_size=1297, test_size=500, image_shape=(8, 8, 1), num_classes=10)


def load(data_dir: str = "") -> Source:
    """The digits; `data_dir` is not needed."""
    from sklearn.datasets import load_digits  # here because it takes a second

    digits: Any = load_digits()
    images = digits.images[..., np.newaxis].astype(np.uint8)  # grey levels 0 to 16
    labels = digits.target.astype(np.int32)
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[: SPEC.train_size], order[SPEC.train_size :]
    return Source(images[train], labels[train], images[test], labels[test])


DATASET = DataSet(SPEC, load)
