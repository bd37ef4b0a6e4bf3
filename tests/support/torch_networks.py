"""The networks in PyTorch, written on their own, and the way of weights from Flax to them."""

import torch
from torch import nn
from torch.nn import functional


class Basic(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = shortcut(inputs, channels, stride)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.shortcut = shortcut(inputs, 4 * channels, stride)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.shortcut(x))


def shortcut(inputs, outputs, stride):
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


def cifar_resnet(depth, classes):
    layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    inputs = 16
    for channels, first in ((16, 1), (32, 2), (64, 2)):
        for i in range((depth - 2) // 6):
            layers.append(Basic(inputs, channels, 1 if i else first))
            inputs = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes))


def resnet50(classes):
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    inputs = 64
    for channels, first, blocks in ((64, 1, 3), (128, 2, 4), (256, 2, 6), (512, 2, 3)):
        for i in range(blocks):
            layers.append(Bottleneck(inputs, channels, 1 if i else first))
            inputs = 4 * channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, classes))


def vgg16(classes):
    layers, inputs = [], 3
    for channels in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512):
        if channels:
            layers += [nn.Conv2d(inputs, channels, 3, 1, 1), nn.BatchNorm2d(channels), nn.ReLU()]
            inputs = channels
        else:
            layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*layers, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(512, classes))


def lenet_300_100(classes):
    """Of images channel by channel; for one channel it is Flax's order of pixels."""
    first = [nn.Flatten(), nn.Linear(784, 300), nn.ReLU()]
    return nn.Sequential(*first, nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, classes))


NETWORKS = {
    "lenet_300_100": lenet_300_100,
    "resnet20": lambda classes: cifar_resnet(20, classes),
    "resnet32": lambda classes: cifar_resnet(32, classes),
    "resnet50": resnet50,
    "vgg16": vgg16,
}


def pairs(network):
    """Flax's name of each layer of a network, and the layer: both number layers of one kind in
    the order of their use."""
    kinds = {nn.Conv2d: "Conv", nn.BatchNorm2d: "BatchNorm", nn.Linear: "Dense"}
    count = dict.fromkeys(kinds.values(), 0)
    for layer in network.modules():
        kind = kinds.get(type(layer))
        if kind:
            yield f"{kind}_{count[kind]}", layer
            count[kind] += 1


def as_torch(name, array):
    """A leaf of Flax's parameters in PyTorch's order of axes."""
    tensor = torch.tensor(array)
    if name == "kernel":
        return tensor.permute(3, 2, 0, 1) if tensor.ndim == 4 else tensor.T
    return tensor


def copy(params, network):
    """Gives a network Flax's parameters."""
    with torch.no_grad():
        for name, layer in pairs(network):
            for part, array in params[name].items():
                own = layer.bias if part == "bias" else layer.weight
                own.copy_(as_torch(part, array))
