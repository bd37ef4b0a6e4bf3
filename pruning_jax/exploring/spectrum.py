"""What Lanczos' algorithm tells of the eigenvalues of a matrix."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import linalg

from pruning_jax.exploring.hessian import Tridiagonal

ROUNDING = 1e-6
"""How exact the products are that Lanczos' algorithm is given, relative to the largest eigenvalue:
some units of the last place of float32."""


class Ritz(NamedTuple):
    """The eigenvalues of a tridiagonal matrix, which approximate those of the matrix behind it.

    `errors` are distances within which there is one of these. `shares` are the squared first
    components of the eigenvectors: which part of the starting vector lies in its direction.
    """

    values: Float[np.ndarray, " m"]  # in rising order
    errors: Float[np.ndarray, " m"]
    shares: Float[np.ndarray, " m"]


def ritz(found: Tridiagonal) -> list[Ritz]:
    """Those of each vector, of which `found` has one axis more."""
    return [_ritz(*own) for own in zip(*map(np.asarray, found[:2]), strict=True)]


def _ritz(diagonal: Float[np.ndarray, " m"], off: Float[np.ndarray, " m"]) -> Ritz:
    size = np.nanmax(np.abs([*diagonal, *off]))
    # Where the next direction has no length but that of rounding, all that the vector can show has
    # been seen. What follows is noise: it would show eigenvalues that are not there.
    ends = np.flatnonzero(~(off > ROUNDING * size))
    m = int(ends[0]) + 1 if len(ends) else len(off)
    last = np.nan_to_num(off[m - 1])
    values, vectors = linalg.eigh_tridiagonal(diagonal[:m], off[: m - 1])
    return Ritz(values, np.abs(last * vectors[-1]) + ROUNDING * size, vectors[0] ** 2)


def extreme(found: list[Ritz], count: int, *, largest: bool = True) -> list[tuple[float, float]]:
    """The largest eigenvalues, or the smallest ones, each with the bound of its error.

    The i-th Ritz value is never above the i-th eigenvalue (Cauchy), so that the vector from which
    it is the largest is the one to believe. What was not found is NaN.
    """
    sign = 1 if largest else -1
    sorted_ = [sorted(zip(sign * r.values, r.errors, strict=True), reverse=True) for r in found]
    made = []
    for i in range(count):
        each = [own[i] for own in sorted_ if i < len(own)]
        value, error = max(each, default=(np.nan, np.nan))
        made.append((float(sign * value), float(error)))
    return made


def trace(found: Tridiagonal) -> tuple[float, float]:
    """The trace and its standard error, by v' A v of vectors v of random signs (Hutchinson 1990,
    doi 10.1080/03610919008812866). The error is NaN for one vector."""
    each = np.asarray(found.diagonal)[:, 0] * np.asarray(found.length) ** 2
    error = np.std(each, ddof=1) / np.sqrt(len(each)) if len(each) > 1 else np.nan
    return float(np.mean(each)), float(error)


def quantiles(found: list[Ritz], fractions: tuple[float, ...]) -> list[float]:
    """The values below which these fractions of all eigenvalues lie, by stochastic Lanczos
    quadrature: a mean over the vectors of the Ritz values with their shares as weights (Ubaru,
    Chen, Saad 2017, doi 10.1137/16M1104974)."""
    values, shares = (np.concatenate([r[i] for r in found]) for i in (0, 2))
    order = np.argsort(values, kind="stable")
    below = np.cumsum(shares[order]) / len(found)
    places = np.minimum(np.searchsorted(below, fractions), len(order) - 1)
    return [float(value) for value in values[order][places]]
