"""Networks as PyTorch's state_dict, and back: other names, and axes in another order.

    Flax                          PyTorch
    kernel [h, w, in, out]        weight [out, in, h, w]
    kernel [in, out]              weight [out, in]
    scale, bias, mean, var        weight, bias, running_mean, running_var

Where a linear layer sees the pixels of an image, Flax has them in the order (h, w, channel) and
PyTorch in the order (channel, h, w).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pruning_jax.errors import WrongUse, require, said
from pruning_jax.exchange import network as networks
from pruning_jax.exchange.layers import FLATTENED, Names, layers
from pruning_jax.exchange.network import PrunedNetwork
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.files import Arrays

NAMES = {
    "kernel": "weight",
    "scale": "weight",
    "bias": "bias",
    "mean": "running_mean",
    "var": "running_var",
}
"""PyTorch's names of what a layer has."""

COUNTER = "num_batches_tracked"
"""What BatchNorm in PyTorch counts besides. It is 0 here: with a momentum it decides nothing."""

WEIGHT, MASK = "_orig", "_mask"
"""What `torch.nn.utils.prune` adds to the names of a weight that it masks and of its mask."""


def state_dict(network: PrunedNetwork, *, masks: bool = False) -> Arrays:
    """The arrays of a network with the names and the axes that PyTorch has, for `load_state_dict`.

    The pruned weights are zeros.

    Args:
      network: of a built-in model.
      masks: whether the masks are there, too, as `torch.nn.utils.prune` keeps them: each prunable
        `weight` is then the pair `weight_orig` and `weight_mask`, and a network takes them once
        `prune.identity(layer, "weight")` was called for these layers.

    Raises:
      WrongUse: the model is not a built-in one.
    """
    names, recipe = layers(network.recipe.model), network.recipe
    arrays = networks.flat(network)
    found: Arrays = {}
    for path, leaf in {**arrays["params"], **arrays["statistics"]}.items():
        name, own = _name(names, path), _to_torch(leaf, _image(recipe, path))
        if masks and path in arrays["mask"]:
            mask = _to_torch(arrays["mask"][path], _image(recipe, path))
            found |= {name + WEIGHT: own, name + MASK: mask.astype(own.dtype)}
        else:
            found[name] = own
        if path.endswith("/mean"):
            found[name.replace(NAMES["mean"], COUNTER)] = np.zeros((), np.int64)
    return {name: np.asarray(array, order="C") for name, array in found.items()}


def from_state_dict(
    arrays: Mapping[str, Any], recipe: Recipe, about: dict[str, Any] | None = None
) -> PrunedNetwork:
    """The network that a state_dict of PyTorch describes.

    Args:
      arrays: of a network of the same architecture, by the names of `layers`: arrays, or tensors of
        PyTorch on a CPU. What `torch.nn.utils.prune` has masked brings its mask along. Other
        weights count as pruned where they are exactly 0. `module.` before all names is left out,
        which `torch.nn.DataParallel` puts there.
      recipe: the model, which must be a built-in one, with its width, the shape of an image and the
        number of classes; nothing else of it counts.
      about: where it comes from, if that is known.

    Raises:
      WrongUse: an array is missing, is there in vain, has another shape, or is none.
    """
    names, shapes = layers(recipe.model), networks.shapes(recipe)
    given = {_plain(name, arrays): _array(name, array) for name, array in arrays.items()}
    whole, masks = _unmasked({n: a for n, a in given.items() if not n.endswith(COUNTER)})
    known = {path: shape for own in shapes.values() for path, shape in own.items()}
    places = {_name(names, path): path for path in known}
    networks.same(
        "state_dict",
        {name: a.shape for name, a in whole.items()},
        {n: _to_torch(np.empty(known[p]), _image(recipe, p)).shape for n, p in places.items()},
    )
    turned = {p: _from_torch(whole[name], _image(recipe, p)) for name, p in places.items()}
    params, statistics = ({path: turned[path] for path in own} for own in shapes.values())
    mask = {path: a != 0 for path, a in params.items() if networks.is_prunable(path)}
    for name, own in masks.items():
        fine = places[name] in mask
        require(fine, f"state_dict: {name} is masked; only weights between units can be")
        mask[places[name]] = _from_torch(own, _image(recipe, places[name]))
    trees = {"params": params, "mask": mask, "statistics": statistics}
    return networks.made(recipe, trees, about or {})


def _name(names: Names, path: str) -> str:
    """PyTorch's name of an array, by its path."""
    layer, _, part = path.rpartition("/")
    return f"{names[layer]}.{NAMES[part]}"


def _image(recipe: Recipe, path: str) -> tuple[int, ...]:
    """The shape [h, w, channels] of the image whose pixels a layer sees one by one, else ()."""
    first = f"{FLATTENED.get(recipe.model)}/kernel"
    return recipe.image_shape if path == first else ()


def _to_torch(array: np.ndarray, image: tuple[int, ...]) -> np.ndarray:
    if image:
        array = array.reshape(*image, -1)
        return array.transpose(3, 2, 0, 1).reshape(array.shape[-1], -1)
    return array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T


def _from_torch(array: np.ndarray, image: tuple[int, ...]) -> np.ndarray:
    if image:
        height, width, channels = image
        array = array.reshape(-1, channels, height, width)
        return array.transpose(2, 3, 1, 0).reshape(-1, array.shape[0])
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T


def _plain(name: str, arrays: Mapping[str, Any]) -> str:
    """A name without the `module.` that all of them begin with."""
    return name.removeprefix("module.") if all(n.startswith("module.") for n in arrays) else name


def _array(name: str, given: Any) -> np.ndarray:
    """What is given, an array or a tensor, as an array of NumPy.

    Raises:
      WrongUse: it cannot be one.
    """
    try:
        return np.asarray(given)
    except Exception as error:  # of whatever is given
        raise WrongUse(f"state_dict: {name} cannot be made an array: {said(error)}") from error


def _unmasked(arrays: Arrays) -> tuple[Arrays, Arrays]:
    """The arrays under their plain names, and the masks bool of those that had one.

    Raises:
      WrongUse: a mask has other values than 0 and 1, or has no weights.
    """
    masks = dict(_masks(arrays))
    whole = {name: a for name, a in arrays.items() if not name.endswith((WEIGHT, MASK))}
    for name, mask in masks.items():
        weight = arrays.get(name + WEIGHT)
        require(weight is not None, f"state_dict: {name}{MASK} is there without {name}{WEIGHT}")
        assert weight is not None
        require(
            weight.shape == mask.shape,
            f"state_dict: {name}{MASK} has the shape {mask.shape}, {name}{WEIGHT} {weight.shape}",
        )
        whole[name] = weight
    return whole, masks


def _masks(arrays: Arrays) -> Iterator[tuple[str, np.ndarray]]:
    for name, array in arrays.items():
        if name.endswith(MASK):
            fine = bool(((array == 0) | (array == 1)).all())
            require(fine, f"state_dict: {name} has other values than 0 and 1")
            yield name.removesuffix(MASK), array.astype(bool)
