"""Controls: algorithms that are derived from those of a grid, with narrower networks or fewer
examples.

Each is an algorithm like any other, and its name says what it is.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator

from pruning_jax import errors
from pruning_jax.errors import require
from pruning_jax.experiment.algorithm import MOST_ROUNDS, Algorithm
from pruning_jax.experiment.config import Config
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training import state

EXTENDED = "extended_dense"
"""The algorithm whose narrower versions are the width-scaled dense networks. Round 0 of one is the
network of standard training time; each later round repeats the schedule once more."""


def matched_width(recipe: Recipe, weights: int) -> float:
    """The width, relative to the recipe's, of a network with about `weights` prunable weights.

    The number of weights grows as a power of the width between 1 and 2. So a few steps of a secant
    on logarithms find the width, up to whole units.

    Raises:
      WrongUse: no width comes within 12 % of it.
    """
    total, weights = state.weights_total(recipe), max(1, weights)
    width, tried = (weights / total) ** 0.5, {}
    for _ in range(8):
        width = float(f"{width:.3g}")
        got = state.weights_total(dataclasses.replace(recipe, width=recipe.width * width))
        tried[width] = abs(got / weights - 1)
        if got == weights:
            break
        width *= (weights / got) ** 0.6
    best = min(tried, key=lambda w: tried[w])
    require(
        tried[best] < 0.12,
        f"controls.width_rounds: no width of {recipe.model} has about {weights} weights",
    )
    return best


def check_masks_from(algorithm: Algorithm, algorithms: tuple[Algorithm, ...]) -> None:
    """Checks whose masks an algorithm takes: those of an algorithm of the grid that prunes the same
    network, on the same examples, at the same densities.

    Raises:
      WrongUse: there is none such of that name.
    """
    if not algorithm.masks_from:
        return
    what = f"algorithms.{algorithm.name}.masks_from"
    same = [a for a in algorithms if a.variant == algorithm.variant]
    makers = {a.name: a for a in same if not a.masks_from}
    errors.one_of(f"{what}: an algorithm of the grid that prunes,", algorithm.masks_from, makers)
    theirs = makers[algorithm.masks_from].densities[: len(algorithm.densities)]
    require(
        theirs == algorithm.densities,
        f"{what} {algorithm.masks_from!r} has other densities than algorithms.{algorithm.name}",
    )


def derive(config: Config, algorithms: tuple[Algorithm, ...], recipe: Recipe) -> list[Algorithm]:
    """The algorithms that `config.controls` asks for, in the order in which they can run.

    Controls of algorithms that the grid leaves out are left out with them.

    Raises:
      WrongUse: an algorithm does not exist, or has no such round.
    """
    wanted, known = config.controls, {a.name: a for a in algorithms}
    for what in ("width_rounds", "without_noisy", "tie_rounds"):
        twice = [value for value, count in Counter(wanted[what]).items() if count > 1]
        require(not twice, f"controls.{what} has {', '.join(map(str, twice))} more than once")
    for name in (wanted.pruned, *wanted.without_noisy):
        errors.one_of("controls:", name, config.algorithms.keys())
    for what in ("width_rounds", "tie_rounds"):
        there = wanted.pruned in known
        last = known[wanted.pruned].rounds if there else 0
        for round_ in wanted[what] if there else ():
            whole = isinstance(round_, int) and not isinstance(round_, bool)
            fine = whole and 1 <= round_ <= last
            require(
                fine,
                f"controls.{what}: {round_!r} is not a round of 1 to {last}; "
                f"without this control: --config.controls.{what}='()'",
            )
    extended = wanted.extended_rounds
    fine = 0 <= extended < MOST_ROUNDS
    require(fine, f"controls.extended_rounds {extended} is outside 0 to {MOST_ROUNDS - 1}")
    fraction = wanted.tie_fraction
    require(0 < fraction < 1, f"controls.tie_fraction {fraction} is outside (0, 1)")
    narrow = list(_narrow(known, wanted, recipe)) if {wanted.pruned, EXTENDED} <= {*known} else []
    plain = [known[name] for name in wanted.without_noisy if name in known]
    plain += narrow if EXTENDED in wanted.without_noisy else []
    removed = _removed(wanted) if wanted.pruned in known else ()
    return [*narrow, *map(_clean, plain), *removed]


def _narrow(known: dict[str, Algorithm], wanted: Config, recipe: Recipe) -> Iterator[Algorithm]:
    """Extended dense training of networks as small as pruning leaves them."""
    extended, total = known[EXTENDED], state.weights_total(recipe)
    for round_ in sorted(wanted.width_rounds):
        require(
            round_ <= extended.rounds,
            f"controls.width_rounds: {EXTENDED} has {extended.rounds} rounds, which are too few "
            f"beside round {round_}; give it more by controls.extended_rounds",
        )
        width = matched_width(recipe, round(total * known[wanted.pruned].densities[round_]))
        name = f"{EXTENDED}_width_{width:g}"
        # It is trained as long as what it stands beside.
        densities = extended.densities[: round_ + 1]
        yield dataclasses.replace(
            extended, name=name, densities=densities, width=width, control_of=EXTENDED
        )


def _clean(algorithm: Algorithm) -> Algorithm:
    """The same algorithm on the examples whose label was not drawn anew."""
    source = f"{algorithm.masks_from}_without_noisy" if algorithm.masks_from else ""
    return dataclasses.replace(
        algorithm,
        name=f"{algorithm.name}_without_noisy",
        without="noisy",
        control_of=algorithm.name,
        masks_from=source,
    )


def _removed(wanted: Config) -> Iterator[Algorithm]:
    """The dense network, trained without the top-improved examples, and without random ones."""
    for round_ in sorted(wanted.tie_rounds):
        for without in ("top_improved", "random"):
            yield Algorithm(
                name=f"without_{without}_{round_:02d}",
                densities=(1.0,),
                without=without,
                control_of=wanted.pruned,
                control_round=round_,
            )
