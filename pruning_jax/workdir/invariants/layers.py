"""Which weights of which layers remain, in NumPy alone.

It is written for itself, from what the documents say, and shares no code with what prunes: one that
erred would else be checked by its own error.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from pruning_jax.experiment import rules
from pruning_jax.files import Arrays


def ordered(mask: Arrays) -> list[str]:
    """The layers in the order in which weights stand: by the parts of their paths."""
    return sorted(mask, key=lambda name: name.split("/"))


def excluded(name: str, patterns: Sequence[str]) -> bool:
    """Whether a layer is not to be pruned."""
    return any(rules.matches(name, pattern) for pattern in patterns)


def kept_per_layer(mask: Arrays, patterns: Sequence[str], density: float) -> dict[str, int]:
    """How many weights each layer keeps at a density, where all get the same.

    The k-th weight of a layer of n stands at (k - 1/2) / n. Those that stand first are kept, an
    earlier layer before a later one at the same place; excluded layers are kept whole.
    """
    names = ordered(mask)
    whole = {name: mask[name].size for name in names if excluded(name, patterns)}
    free = {name: mask[name].size for name in names if name not in whole}
    total = sum(free.values())
    rest = max(0, round(sum(layer.size for layer in mask.values()) * density) - sum(whole.values()))
    # No layer is further than their number from its part of the rest: only there is it counted.
    near = len(free) + 1
    sure = {name: min(n, max(0, n * rest // max(1, total) - near)) for name, n in free.items()}
    places = sorted(
        (Fraction(2 * k - 1, 2 * n), i, name)
        for i, (name, n) in enumerate(free.items())
        for k in range(sure[name] + 1, min(n, sure[name] + 2 * near + 2) + 1)
    )
    kept = dict(sure)
    for _, _, name in places[: rest - sum(sure.values())]:
        kept[name] += 1
    return whole | kept


def best(scores: Mapping[str, np.ndarray], alive: Arrays, keep: int) -> Arrays:
    """The mask of the `keep` weights with the highest scores among those that are alive.

    Weights compete over all of these layers. Of equal scores the earlier one is kept, and NaN is
    the worst.

    Args:
      scores: float32, of each layer.
      alive: bool, of the same shapes.
      keep: how many remain; all that are alive, if they are fewer.
    """
    names = ordered(alive)
    flat = np.concatenate([np.ravel(scores[name]) for name in names])
    places = np.flatnonzero(np.concatenate([alive[name].ravel() for name in names]))
    chosen = np.zeros(flat.size, bool)
    chosen[places[_first(flat[places], keep)]] = True
    ends = np.cumsum([alive[name].size for name in names])[:-1]
    parts = np.split(chosen, ends)
    return {name: part.reshape(alive[name].shape) for name, part in zip(names, parts, strict=True)}


def _first(scores: np.ndarray, keep: int) -> np.ndarray:
    """The places of the `keep` highest scores; earlier ones first among equals, NaN last."""
    if keep >= scores.size:
        return np.arange(scores.size)
    if keep <= 0 or np.isnan(scores).any():
        return np.argsort(-scores, kind="stable")[: max(0, keep)]
    last = np.partition(scores, scores.size - keep)[scores.size - keep]
    above, equal = np.flatnonzero(scores > last), np.flatnonzero(scores == last)
    return np.concatenate([above, equal[: keep - above.size]])
