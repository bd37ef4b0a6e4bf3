"""What must hold for the saved parameters of a cell, and for what follows from them."""

import math
from collections.abc import Iterator

import numpy as np

from pruning_jax.files import Arrays
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.invariants.agreement import Check, first_wrong
from pruning_jax.workdir.invariants.states import PARAMS, STEP
from pruning_jax.workdir.recorded import Record
from pruning_jax.workdir.saved import STATISTICS

CLOSE = 1e-3
"""How far a distance may be from that of the parameters, relative to it: it was summed in float32,
in another order."""


def whole(record: Record) -> Iterator[str]:
    """Saved parameters and statistics are those of one network in every round, as many as the mask
    leaves; they are finite unless it diverged."""
    if not record.experiment.save_params:
        return
    expected = {*record.entries[0].states.end} - {STEP}
    files = [(record.anchor_file, None)]
    files += [(record.params_file(r), r) for r in range(len(record.rows))]
    for path, round_ in files:
        try:
            saved = record.anchor() if round_ is None else record.network(round_)
        except Damaged as error:
            yield str(error)
            continue
        found = {f"{PARAMS}{name}": own for name, own in saved.params.items()}
        found |= {f"{STATISTICS}{name}": own for name, own in saved.statistics.items()}
        lost = sorted(expected ^ {*found})
        odd = [name for name, array in found.items() if not np.isfinite(array).all()]
        diverged = round_ is not None and record.rows[round_]["diverged"]
        yield first_wrong(
            path,
            (not lost, f"{', '.join(lost)} should be in it, and nowhere else in the network"),
            (not odd or diverged, f"{', '.join(odd)} is not finite, but no loss says so"),
        )


def distances(record: Record) -> Iterator[str]:
    """The distance from initialisation follows from the parameters, where these are saved and the
    cell rewinds to its initialisation."""
    a = record.algorithm
    if not record.experiment.save_params or record.recipe.step_at(a.rewind_to) != 0:
        return
    try:
        initial = record.anchor().params
        for r, row in enumerate(record.rows):
            found = _distance(record.network(r).params, initial, record.masks[r])
            fine = math.isclose(row["distance"], found, rel_tol=CLOSE, abs_tol=1e-6)
            message = f"distance is {row['distance']:.6g}, but the parameters give {found:.6g}"
            yield first_wrong(
                record.rounds_file, (fine or row["diverged"], f"round {r}: {message}")
            )
    except Damaged:
        return  # the check above says so


def _distance(params: Arrays, initial: Arrays, mask: Arrays) -> float:
    """The l2 norm of the change of the surviving weights."""
    total = 0.0
    for name, kept in mask.items():
        change = params[name][kept].astype(np.float64) - initial[name][kept]
        total += float(np.square(change).sum())
    return math.sqrt(total)


CHECKS: dict[str, Check] = {
    "parameters are whole": whole,
    "distances follow from the parameters": distances,
}
"""These checks by what they find to be so."""
