"""Label noise: exact counts, nested over rates, flags kept.

The paper's levels and re-sampling rule are not published; `symmetric` as the default
is this project's decision. Each kind is one function from clean labels to new labels,
found by its name.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from pruning_jax import rules
from pruning_jax.checks import WrongUse, require
from pruning_jax.types import PRNGKey


class Noisy(NamedTuple):
    """Given labels [n]; for each, whether it was drawn anew, and whether it is not the true one.

    The two differ for kinds that may draw the true label again.
    """

    labels: Array
    chosen: Array
    is_noisy: Array


def symmetric(
    labels: Int[Array, " n"], key: PRNGKey, num_classes: int, transition: Float[Array, "c c"] | None
) -> Int[Array, " n"]:
    """Another class, each of them with the same probability."""
    shift = jax.random.randint(key, labels.shape, 1, num_classes, labels.dtype)
    return (labels + shift) % num_classes


def uniform(
    labels: Int[Array, " n"], key: PRNGKey, num_classes: int, transition: Float[Array, "c c"] | None
) -> Int[Array, " n"]:
    """Any class, the true one included: of c classes only (c - 1) / c of the draws are noise.

    OpenLTH's kind (Frankle 2020), for comparison with what was measured with it.
    """
    return jax.random.randint(key, labels.shape, 0, num_classes, labels.dtype)


def pairflip(
    labels: Int[Array, " n"], key: PRNGKey, num_classes: int, transition: Float[Array, "c c"] | None
) -> Int[Array, " n"]:
    """The next class: noise between two classes alone (Han et al. 2018, arXiv 1804.06872)."""
    return (labels + 1) % num_classes


def matrix(
    labels: Int[Array, " n"], key: PRNGKey, num_classes: int, transition: Float[Array, "c c"] | None
) -> Int[Array, " n"]:
    """Class j with probability `transition[i, j]` for a true class i.

    The matrix acts on the chosen examples only: one that already states how many
    labels change (a diagonal near 1) goes with the rate 1.
    """
    if transition is None:
        raise ValueError("noise kind 'matrix' needs a transition matrix, got none")
    drawn = jax.random.categorical(key, jnp.log(transition)[labels])
    return drawn.astype(labels.dtype)


KINDS: dict[str, Callable[..., Array]] = {
    name: function
    for name, function in dict(globals()).items()
    if inspect.isfunction(function) and function.__module__ == __name__
}
"""The kinds of noise by name: every function above."""


def corrupt(
    labels: Int[Array, " n"],
    *,
    kind: str,
    rate: float,
    key: PRNGKey,
    num_classes: int,
    transition: Float[Array, "c c"] | None = None,
) -> Noisy:
    """Labels of which exactly ceil(rate * n), chosen at random, are drawn anew by `kind`.

    For one `key` the chosen examples of a lower rate are among those of a higher one,
    with the same new labels. `labels` are the clean ones, in [0, num_classes).

    Raises:
      ValueError: an unknown kind, or a rate outside [0, 1].
    """
    if kind not in KINDS:
        raise ValueError(f"noise kind {kind!r} is not one of {', '.join(sorted(KINDS))}")
    if not 0 <= rate <= 1:
        raise ValueError(f"noise rate {rate} is outside [0, 1]")
    choice_key, label_key = jax.random.split(key)
    n = labels.shape[0]
    chosen = jax.random.permutation(choice_key, n) < rules.count(rate, n)
    given = jnp.where(chosen, KINDS[kind](labels, label_key, num_classes, transition), labels)
    return Noisy(given, chosen, given != labels)


def read_matrix(given: Any, classes: int) -> tuple[tuple[float, ...], ...]:
    """A transition matrix [classes, classes] from nested lists or a .npy file, checked."""
    require(
        given is not None, "noise_kind 'matrix' needs a transition_matrix: rows, or a .npy file"
    )
    try:
        read = np.load(given, allow_pickle=False) if isinstance(given, str) else given
        matrix = np.array(read, float)
    except (OSError, ValueError, TypeError) as error:
        raise WrongUse(f"transition_matrix {given!r} cannot be read: {error}") from error
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
