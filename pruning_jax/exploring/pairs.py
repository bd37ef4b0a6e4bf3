"""Pairs of networks that differ in one thing alone."""

import itertools
from collections.abc import Callable, Hashable, Iterable

from pruning_jax.workdir.explored import Network, Unit

ALIKE: dict[str, Callable[[Network], Hashable]] = {
    "seed": lambda network: network._replace(seed=0),
    "algorithm": lambda network: network._replace(algorithm=""),
    "noise_rate": lambda network: network._replace(noise_rate=0.0),
}
"""What two networks have in common that differ in one thing alone."""


def pairs(chosen: Iterable[Network], kind: Callable[[Network], Hashable]) -> list[Unit]:
    """The pairs of networks that differ in one thing alone: in their seed, in their algorithm, in
    their noise rate, or in their round; of the rounds of a cell that are there, neighbours.

    Args:
      chosen: the networks.
      kind: what both networks of a pair must have in common besides.
    """
    every, found = [*chosen], list[Unit]()
    for alike in ALIKE.values():
        for group in grouped(every, lambda n, alike=alike: (alike(n), kind(n))):
            found += itertools.combinations(group, 2)
    for cell in grouped(every, lambda network: (network.cell, kind(network))):
        found += itertools.pairwise(cell)
    return found


def grouped(every: Iterable[Network], key: Callable[[Network], Hashable]) -> list[list[Network]]:
    """The networks that have one key, in the order of appearance."""
    groups: dict[Hashable, list[Network]] = {}
    for network in every:
        groups.setdefault(key(network), []).append(network)
    return [*groups.values()]


def differs(one: Network, other: Network) -> str:
    """In which of its fields a network differs from another one.

    >>> differs(Network("lrr", 0.4, 20, 5), Network("lrr", 0.4, 21, 5))
    'seed'
    """
    fields = zip(Network._fields, one, other, strict=True)
    return next(name for name, own, its in fields if own != its)
