"""A network of linear layers and ReLUs in NumPy, float64: what the package is compared with."""

import numpy as np


def layers(params):
    """(weights, biases) of each linear layer, from Flax parameters."""
    names = sorted(params)
    return [tuple(np.asarray(params[n][k], np.float64) for k in ("kernel", "bias")) for n in names]


def normalised(images):
    """The pixels of `Images`, normalised, flat."""
    flat = np.asarray(images.pixels, np.float64).reshape(len(images.pixels), -1)
    return (flat - float(images.mean[0])) / float(images.std[0])


def forward(network, x):
    """The input of every layer, and the logits at the end."""
    values = [x]
    for i, (weights, biases) in enumerate(network):
        out = values[-1] @ weights + biases
        values.append(out if i == len(network) - 1 else np.maximum(out, 0))
    return values


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def losses(network, x, labels):
    """Cross-entropy of every example."""
    return -np.log(softmax(forward(network, x)[-1])[np.arange(len(x)), labels])


def gradient(network, x, labels):
    """The gradient of the mean cross-entropy, as (weights, biases) of each layer."""
    values = forward(network, x)
    delta = (softmax(values[-1]) - np.eye(values[-1].shape[1])[labels]) / len(x)
    grads = []
    for (weights, _), value in zip(reversed(network), reversed(values[:-1]), strict=True):
        grads.append((value.T @ delta, delta.sum(0)))
        delta = delta @ weights.T * (value > 0)
    return grads[::-1]


def keep_top(scores, mask, keep):
    """The `keep` best of one vector's survivors by a stable sort, NaN the worst."""
    alive = [i for i in range(len(mask)) if mask[i]]
    best = sorted(
        alive, key=lambda i: (np.isnan(scores[i]), 0 if np.isnan(scores[i]) else -scores[i])
    )
    kept = np.zeros(len(mask), bool)
    kept[best[: int(keep)]] = True
    return kept
