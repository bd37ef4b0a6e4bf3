"""Means over pairs of seeds: each seed is in many pairs, which are not independent."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def pseudovalues(values: Float[ndarray, "n n"]) -> ndarray:
    """A value for each seed, whose mean is the mean over all pairs of seeds.

    With U the mean over all pairs and U_i that over those without seed i, it is n U - (n - 1) U_i.
    The interval of their mean by Student's t is that of the jackknife for a U-statistic (Arvesen
    1969, doi 10.1214/aoms/1177697287), which is right although a seed is in n - 1 pairs. Of two
    seeds there is one pair, and one value.

    >>> pseudovalues(np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 6.0], [2.0, 6.0, 0.0]]))
    array([-3.,  5.,  7.])

    Args:
      values: of each pair, symmetric; the diagonal does not count.
    """
    n = len(values)
    of_seed = values.sum(1) - values.diagonal()
    total = of_seed.sum() / 2
    if n < 3:
        return np.full(min(1, n - 1), total)
    return np.asarray(2 * total / (n - 1) - 2 * (total - of_seed) / (n - 2))
