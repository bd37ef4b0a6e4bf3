"""Label noise: exact counts, nested over noise rates, with a record of what was changed.

The paper publishes neither its noise rates nor its rule for new labels. The default kind
`symmetric` is this project's decision.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from pruning_jax import plugins
from pruning_jax.errors import WrongUse, require, said
from pruning_jax.experiment import rules
from pruning_jax.types import PRNGKey

Relabel: TypeAlias = Callable[[Array, PRNGKey, int, Array | None], Array]
"""A kind of noise: takes true labels int [n], a key, the number of classes, and a transition matrix
[classes, classes] or None; returns new labels of the same shape and type."""

Rows: TypeAlias = Sequence[Sequence[float | int]] | np.ndarray
"""A matrix as lists, tuples or an array."""


class Noisy(NamedTuple):
    """The labels that examples are given, each [n].

    `chosen` and `is_noisy` differ for kinds that may draw the true label again.
    """

    labels: Array  # int, as given
    chosen: Array  # bool: whether the label was drawn anew
    is_noisy: Array  # bool: whether the label is not the true one


def corrupt(
    labels: Int[Array, " n"],
    *,
    kind: str | Relabel,
    rate: float,
    key: PRNGKey,
    num_classes: int,
    transition: Float[Array, "c c"] | None = None,
) -> Noisy:
    """Labels of which exactly ceil(rate * n), chosen at random, are drawn anew by a kind of noise.

    For one key, the examples chosen at a lower rate are a subset of those at a higher rate, and
    have the same new labels.

    Args:
      labels: the true ones, in [0, num_classes).
      kind: the name of a kind (`symmetric`, `my_module:name`), or its function.

    Raises:
      WrongUse: there is no such kind; or it returns something other than labels.
      ValueError: the rate is outside [0, 1].
    """
    relabel = plugins.NOISE.find(kind) if isinstance(kind, str) else kind
    if not 0 <= rate <= 1:
        raise ValueError(f"noise rate {rate} is outside [0, 1]")
    choice_key, label_key = jax.random.split(key)
    n = labels.shape[0]
    chosen = jax.random.permutation(choice_key, n) < rules.count(rate, n)
    new = relabel(labels, label_key, num_classes, transition)
    require(
        (jnp.shape(new), jnp.result_type(new)) == (labels.shape, labels.dtype),
        f"noise kind {kind!r} returned {jnp.result_type(new)} {jnp.shape(new)}; it must return "
        f"labels as it was given: {labels.dtype} {labels.shape}",
    )
    given = jnp.where(chosen, new, labels)
    return Noisy(given, chosen, given != labels)


def always_wrong(kind: str) -> bool:
    """Whether a kind of noise never gives an example its true label, as its module says.

    A module says so by `ALWAYS_WRONG = True`. If it says nothing, nothing is assumed.

    Raises:
      WrongUse: there is no such kind.

    >>> always_wrong("symmetric"), always_wrong("uniform")
    (True, False)
    """
    plugins.NOISE.find(kind)
    module = kind.partition(":")[0] if ":" in kind else f"{plugins.NOISE.folder}.{kind}"
    return bool(getattr(importlib.import_module(module), "ALWAYS_WRONG", False))


def read_matrix(given: str | Rows, classes: int) -> tuple[tuple[float, ...], ...]:
    """A transition matrix [classes, classes] from rows of probabilities or a .npy file, checked.

    Raises:
      WrongUse: it cannot be read, or its rows are not probabilities of the classes.
    """
    try:
        read = np.load(given, allow_pickle=False) if isinstance(given, str) else given
        require(not np.iscomplexobj(read), "transition_matrix has complex numbers")
        matrix = np.array(read, float)
    except WrongUse:
        raise
    except Exception as error:  # NumPy has no error of its own for a file that it cannot read
        raise WrongUse(f"transition_matrix {given!r} cannot be read: {said(error)}") from error
    require(
        matrix.shape == (classes, classes),
        f"transition_matrix has the shape {matrix.shape}, not {(classes, classes)}",
    )
    require(
        bool((matrix >= 0).all()), f"transition_matrix has negative entries, such as {matrix.min()}"
    )
    sums = matrix.sum(1)
    worst = int(np.argmax(np.abs(sums - 1)))
    require(
        bool(abs(sums[worst] - 1) < 1e-6),
        f"transition_matrix: row {worst} sums to {sums[worst]:g}, not to 1",
    )
    return tuple(tuple(map(float, row)) for row in matrix)
