"""What PyTorch's implementations of the built-in networks call their layers.

- ResNet-20 and -32 have the names of the most copied implementation for CIFAR,
  github.com/akamaster/pytorch_resnet_cifar10, with its shortcuts of option B, which are ours.
- ResNet-50 has the names of torchvision.
- VGG-16 has the names of github.com/kuangliu/pytorch-cifar, which are torchvision's but for the
  single linear layer at the end.
- The layers of LeNet-300-100 are fc1, fc2 and fc3.
"""

from collections.abc import Iterable, Sequence

from pruning_jax.errors import WrongUse, nearest
from pruning_jax.models.networks.vgg16 import SEGMENTS

Names = dict[str, str]
"""PyTorch's name of each layer, by the name that Flax gives it: Flax numbers the layers of a kind
in the order of their use."""


def _numbered(kind: str, names: Iterable[str]) -> Names:
    return {f"{kind}_{i}": name for i, name in enumerate(names)}


def _vgg(segments: Sequence[Sequence[int]]) -> Names:
    """Names of a sequence: each convolution is followed by two layers, each segment by one."""
    places = [
        3 * (sum(map(len, segments[:i])) + j) + i
        for i, segment in enumerate(segments)
        for j in range(len(segment))
    ]
    convs = _numbered("Conv", (f"features.{place}" for place in places))
    norms = _numbered("BatchNorm", (f"features.{place + 1}" for place in places))
    return convs | norms | {"Dense_0": "classifier"}


def _residual(
    blocks: Sequence[int], convs: int, narrow_start: bool, shortcut: str, last: str
) -> Names:
    """Names of segments of residual blocks.

    Args:
      blocks: how many each segment has.
      convs: how many convolutions a block has.
      narrow_start: whether the first segment has the channels of its input, and so no projection.
      shortcut: what the projection of a block is called.
      last: what the linear layer is called.
    """
    names, norms = ["conv1"], ["bn1"]
    for segment, count in enumerate(blocks, 1):
        for block in range(count):
            above = f"layer{segment}.{block}"
            names += [f"{above}.conv{i}" for i in range(1, convs + 1)]
            norms += [f"{above}.bn{i}" for i in range(1, convs + 1)]
            if block == 0 and (segment > 1 or not narrow_start):
                names.append(f"{above}.{shortcut}.0")
                norms.append(f"{above}.{shortcut}.1")
    return _numbered("Conv", names) | _numbered("BatchNorm", norms) | {"Dense_0": last}


LAYERS: dict[str, Names] = {
    "lenet_300_100": _numbered("Dense", ("fc1", "fc2", "fc3")),
    "resnet20": _residual((3, 3, 3), 2, True, "shortcut", "linear"),
    "resnet32": _residual((5, 5, 5), 2, True, "shortcut", "linear"),
    "resnet50": _residual((3, 4, 6, 3), 3, False, "downsample", "fc"),
    "vgg16": _vgg(SEGMENTS),
}

FLATTENED = {"lenet_300_100": "Dense_0"}
"""The layer of a network whose inputs are the pixels of an image, one after the other."""


def layers(model: str) -> Names:
    """PyTorch's names of the layers of a model.

    Raises:
      WrongUse: nobody has given them names: the model is not a built-in one.
    """
    if model not in LAYERS:
        raise WrongUse(
            f"model {model!r} has no layers with names of PyTorch; those of "
            f"{', '.join(sorted(LAYERS))} have{nearest(model, LAYERS)}"
        )
    return LAYERS[model]
