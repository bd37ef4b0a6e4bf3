"""ImageNet, ILSVRC 2012: 1,331,167 photographs in 1,000 classes (Russakovsky et al. 2015,
arXiv 1409.0575), through TFDS. They stay in their files; the test set is the validation set of
the challenge, whose own test set has no labels."""

from pruning_jax.data import Source, Spec, _streamed

SPEC = Spec(1_281_167, 50_000, image_shape=(224, 224, 3), num_classes=1000, streamed=True)

MEAN = (255 * 0.485, 255 * 0.456, 255 * 0.406)
STD = (255 * 0.229, 255 * 0.224, 255 * 0.225)
"""Of the training images' red, green and blue, as everybody uses them (torchvision)."""


def load(data_dir: str = "") -> Source:
    return _streamed.load(
        "imagenet2012", data_dir, "train", "validation", MEAN, STD, " --archives=DIR"
    )
