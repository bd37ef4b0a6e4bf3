"""The way of weights from Flax to the networks in PyTorch, by the order of the layers alone: what
`pruning_jax.exchange` says of their names is not used."""

import torch
from torch import nn


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
    """Gives a network Flax's parameters; where pixels go into a linear layer, they must have one
    channel, so that their order is the same."""
    with torch.no_grad():
        for name, layer in pairs(network):
            for part, array in params[name].items():
                own = layer.bias if part == "bias" else layer.weight
                own.copy_(as_torch(part, array))
