"""How finely an accuracy can be known: in steps of one test example."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

MOST = 100_000
"""Test examples that are looked for; ImageNet has 50,000."""

ROUNDING = 5e-7
"""How far an accuracy may be from a whole number of examples: it is a quotient in float32."""

LOG_LOSS = 1e-6
"""The step of a log loss: a mean of float32 is not known better."""


def step(accuracies: Float[ndarray, "..."]) -> float:
    """1 / the number of test examples, as far as the accuracies show it.

    It is the smallest number of which all are whole multiples. A few accuracies may be
    multiples of a larger step, which is on the safe side. Where nothing up to `MOST` fits (made-up
    numbers, or means), it is 1 / `MOST`.

    >>> step(np.array([0.5, 0.948, 0.102, 0.37]))
    0.002
    """
    left = np.arange(1, MOST + 1)
    for value in np.unique(accuracies[np.isfinite(accuracies)]):
        counts = value * left
        left = left[np.abs(counts - np.round(counts)) <= ROUNDING * left]
        if not len(left):
            return 1 / MOST
    return float(1 / left[0])
