"""The built-in networks in plain PyTorch, for exported files to be loaded into.

    network = resnet20()
    network.load_state_dict(safetensors.torch.load_file("net.safetensors"))

They take images [n, channels, height, width] and give logits [n, classes]. This file needs nothing
but PyTorch, so it may be copied to where this package is not installed. PyTorch is imported by the
functions because nothing else in the package needs it.
"""

import functools
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

SEGMENTS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""The channels of VGG-16."""


def lenet_300_100(num_classes: int = 10, width: float = 1.0, inputs: int = 784) -> Any:
    """LeNet-300-100 (LeCun et al. 1998), for images with `inputs` values: 28 x 28 x 1."""
    from torch import nn  # pyright: ignore[reportMissingImports]

    first, second = _scaled(300, width), _scaled(100, width)
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            fc1=nn.Linear(inputs, first),
            relu1=nn.ReLU(),
            fc2=nn.Linear(first, second),
            relu2=nn.ReLU(),
            fc3=nn.Linear(second, num_classes),
        )
    )


def vgg16(num_classes: int = 10, width: float = 1.0, image_channels: int = 3) -> Any:
    """VGG-16 with batch normalisation, a mean and one linear layer, for small images
    (Simonyan & Zisserman 2015, arXiv 1409.1556)."""
    from torch import nn  # pyright: ignore[reportMissingImports]

    layers, inputs = [], image_channels
    for i, segment in enumerate(SEGMENTS):
        if i:
            layers.append(nn.MaxPool2d(2))
        for channels in (_scaled(channels, width) for channels in segment):
            layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.BatchNorm2d(channels)]
            layers.append(nn.ReLU())
            inputs = channels
    return _classifier(
        OrderedDict(features=nn.Sequential(*layers)), "classifier", inputs, num_classes
    )


def resnet20(num_classes: int = 10, width: float = 1.0, image_channels: int = 3) -> Any:
    """ResNet-20 for small images (He et al. 2016, arXiv 1512.03385)."""
    return _cifar_resnet(3, num_classes, width, image_channels)


def resnet32(num_classes: int = 100, width: float = 1.0, image_channels: int = 3) -> Any:
    """ResNet-32 for small images (He et al. 2016, arXiv 1512.03385)."""
    return _cifar_resnet(5, num_classes, width, image_channels)


def resnet50(num_classes: int = 1000, width: float = 1.0, image_channels: int = 3) -> Any:
    """ResNet-50 for large images (He et al. 2016, arXiv 1512.03385), with the stride in the
    convolutions 3 x 3; the same network as torchvision's."""
    from torch import nn  # pyright: ignore[reportMissingImports]

    inputs = _scaled(64, width)
    layers = _beginning(image_channels, inputs, 7, 2)
    layers["maxpool"] = nn.MaxPool2d(3, 2, 1)
    for segment, count in enumerate((3, 4, 6, 3)):
        channels, blocks = _scaled(64 * 2**segment, width), []
        for block in range(count):
            stride = 2 if segment and not block else 1
            convs = ((channels, 1, 1), (channels, 3, stride), (4 * channels, 1, 1))
            blocks.append(_residual()(inputs, convs, "downsample"))
            inputs = 4 * channels
        layers[f"layer{segment + 1}"] = nn.Sequential(*blocks)
    return _classifier(layers, "fc", inputs, num_classes)


NETWORKS = {
    "lenet_300_100": lenet_300_100,
    "resnet20": resnet20,
    "resnet32": resnet32,
    "resnet50": resnet50,
    "vgg16": vgg16,
}
"""The networks by the names of their models."""


def _scaled(channels: int, width: float) -> int:
    """A number of channels or units at a width, at least one."""
    return max(1, round(channels * width))


def _cifar_resnet(count: int, num_classes: int, width: float, image_channels: int) -> Any:
    """Three segments of `count` blocks of two convolutions."""
    from torch import nn  # pyright: ignore[reportMissingImports]

    inputs = _scaled(16, width)
    layers = _beginning(image_channels, inputs, 3, 1)
    for segment in range(3):
        channels, blocks = _scaled(16 * 2**segment, width), []
        for block in range(count):
            stride = 2 if segment and not block else 1
            convs = ((channels, 3, stride), (channels, 3, 1))
            blocks.append(_residual()(inputs, convs, "shortcut"))
            inputs = channels
        layers[f"layer{segment + 1}"] = nn.Sequential(*blocks)
    return _classifier(layers, "linear", inputs, num_classes)


def _beginning(inputs: int, channels: int, size: int, stride: int) -> "OrderedDict[str, Any]":
    """What stands before the residual blocks."""
    from torch import nn  # pyright: ignore[reportMissingImports]

    conv = nn.Conv2d(inputs, channels, size, stride, size // 2, bias=False)
    return OrderedDict(conv1=conv, bn1=nn.BatchNorm2d(channels), relu=nn.ReLU())


def _classifier(layers: "OrderedDict[str, Any]", name: str, inputs: int, num_classes: int) -> Any:
    """Some layers, a mean over each image, and a linear layer."""
    from torch import nn  # pyright: ignore[reportMissingImports]

    end = {"avgpool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
    return nn.Sequential(OrderedDict(layers | end | {name: nn.Linear(inputs, num_classes)}))


@functools.cache
def _residual() -> Any:
    """The class of residual blocks. It is made here because PyTorch is not imported before."""
    from torch import nn  # pyright: ignore[reportMissingImports]

    class Residual(nn.Module):
        """Convolutions, each (channels, size, stride), with the block's input added at the end."""

        def __init__(
            self, inputs: int, convs: Sequence[tuple[int, int, int]], shortcut: str
        ) -> None:
            super().__init__()
            self.count, channels, stride = len(convs), inputs, 1
            for i, (outputs, size, own) in enumerate(convs, 1):
                conv = nn.Conv2d(channels, outputs, size, own, size // 2, bias=False)
                self.add_module(f"conv{i}", conv)
                self.add_module(f"bn{i}", nn.BatchNorm2d(outputs))
                channels, stride = outputs, stride * own
            self.projection = shortcut if (channels, stride) != (inputs, 1) else ""
            if self.projection:  # where the block changes the shape
                conv = nn.Conv2d(inputs, channels, 1, stride, bias=False)
                self.add_module(shortcut, nn.Sequential(conv, nn.BatchNorm2d(channels)))

        def forward(self, images: Any) -> Any:
            own = dict(self.named_children())
            x = images
            for i in range(1, self.count + 1):
                x = own[f"bn{i}"](own[f"conv{i}"](x.relu() if i > 1 else x))
            return (x + (own[self.projection](images) if self.projection else images)).relu()

    return Residual
