"""The laws of a kind of label noise."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from pruning_jax import plugins
from pruning_jax.data import label_noise
from pruning_jax.data.label_noise import Relabel
from pruning_jax.experiment import rules
from pruning_jax.testing.laws import compiled, law

WHAT = "relabel(labels, key, num_classes, transition)"

CLASSES = 5
LABELS = np.random.default_rng(0).integers(0, CLASSES, 1000).astype(np.int32)
TRANSITION = np.full((CLASSES, CLASSES), 0.1, np.float32) + 0.5 * np.eye(CLASSES, dtype=np.float32)
RATES = (0.0, 0.1, 0.15, 0.6, 1.0)


def check_noise(relabel: str | Relabel) -> None:
    """Checks that a kind of label noise keeps the laws that the program relies on.

    It returns labels of the shape and type that it was given, all of which are classes. They are a
    function of its arguments alone. It can be compiled. Under `label_noise.corrupt`, exactly
    ceil(rate * n) labels are drawn anew, and the examples chosen at a lower rate are a subset of
    those at a higher rate, with the same new labels. If its module says `ALWAYS_WRONG = True`, no
    new label is the true one.

    Args:
      relabel: the function, or its name: "symmetric", "my_module:relabel".

    Raises:
      AssertionError: it breaks a law; the message says which, and what to do.
      WrongUse: there is no kind of that name.
    """
    function = plugins.NOISE.find(relabel) if isinstance(relabel, str) else relabel
    for seed in range(3):
        new = _new_labels(function, seed)
        law(
            (new.shape, new.dtype) == (LABELS.shape, LABELS.dtype),
            f"{WHAT} returns {new.dtype} {new.shape} for labels {LABELS.dtype} {LABELS.shape}; "
            "return one new label for each label, with .astype(labels.dtype).",
        )
        law(
            bool((new == _new_labels(function, seed)).all()),
            f"{WHAT} returns other labels for the same key; take every random number from "
            "jax.random with `key`, so that a run can be repeated.",
        )
        _check_classes(np.asarray(new))
        if _says_always_wrong(relabel):
            _check_always_wrong(np.asarray(new))
    _check_corruption(function)


def _new_labels(function: Relabel, seed: int) -> Array:
    """The new labels of all examples, by a compiled program."""

    def relabelled(labels: Array, key: Array, transition: Array) -> object:
        return function(labels, key, CLASSES, transition)

    arguments = jnp.asarray(LABELS), jax.random.key(seed), jnp.asarray(TRANSITION)
    return compiled(relabelled, *arguments, what=WHAT)


def _check_classes(new: Int[np.ndarray, " n"]) -> None:
    """Every new label is a class."""
    wrong = new[(new < 0) | (new >= CLASSES)]
    law(
        not wrong.size,
        f"{WHAT} returns the label {wrong[:1].tolist()} where num_classes is {CLASSES}; labels are "
        "from 0 to num_classes - 1, and `% num_classes` brings them there.",
    )


def _says_always_wrong(relabel: str | Relabel) -> bool:
    """Whether the module of a kind says that no new label is the true one."""
    if isinstance(relabel, str):
        return label_noise.always_wrong(relabel)
    module = sys.modules.get(getattr(relabel, "__module__", ""))
    return bool(getattr(module, "ALWAYS_WRONG", False))


def _check_always_wrong(new: Int[np.ndarray, " n"]) -> None:
    """No new label is the true one."""
    true = int((new == LABELS).sum())
    law(
        not true,
        f"{true} of {len(LABELS)} new labels are the true ones, but the module says ALWAYS_WRONG = "
        "True, by which `verify` counts; remove that line, or draw from the other classes alone.",
    )


def _check_corruption(function: Relabel) -> None:
    """Counts are exact, and noise is nested over rates with the same new labels."""
    labels, chosen = LABELS, np.zeros(len(LABELS), bool)
    for rate in RATES:
        noisy = label_noise.corrupt(
            jnp.asarray(LABELS),
            kind=function,
            rate=rate,
            key=jax.random.key(0),
            num_classes=CLASSES,
            transition=jnp.asarray(TRANSITION),
        )
        before, earlier = labels, chosen
        labels, chosen = np.asarray(noisy.labels), np.asarray(noisy.chosen)
        count = rules.count(rate, len(LABELS))
        law(chosen.sum() == count, f"{chosen.sum()} labels are drawn anew at {rate}, not {count}.")
        law(chosen[earlier].all(), f"Examples that are chosen at a lower rate are not at {rate}.")
        law((labels[~chosen] == LABELS[~chosen]).all(), f"Labels not chosen change at {rate}.")
        law(
            (labels[earlier] == before[earlier]).all(),
            f"An example gets another new label at the rate {rate} than at a lower one; take every "
            "random number from jax.random with `key`, so that runs can be compared in pairs.",
        )
