"""That rounds begin where the rewind says: the hashes of states in the manifest, held against its
promise, against one another, and against the parameters where these are saved."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pruning_jax import plugins
from pruning_jax.files import Arrays
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.invariants.agreement import Check, first_wrong
from pruning_jax.workdir.manifest import Leaves, States, sum_of_leaf
from pruning_jax.workdir.recorded import Record
from pruning_jax.workdir.saved import STATISTICS, Saved


class Promise(NamedTuple):
    """What a rewind says of the state with which a round starts."""

    values: str  # whose the parameters and statistics are: "last", "anchor", or "new"
    at_end: bool  # whether it stands at the end of the schedule, and not where the anchor stands


PROMISES = {
    "learning_rate": Promise("last", False),
    "weights": Promise("anchor", False),
    "finetune": Promise("last", True),
    "reinit": Promise("new", False),
}
"""The rewinds of this program. Those of a user promise something that only they know."""

STEP, OPTIMIZER, PARAMS = "step", "optimizer/", "params/"


def _without_optimizer(leaves: Leaves) -> Leaves:
    return {name: own for name, own in leaves.items() if not name.startswith(OPTIMIZER)}


def rewound(record: Record) -> Iterator[str]:
    """Every round starts with the state that its rewind promises, with a fresh optimizer, and ends
    as many steps later as the rest of the schedule has."""
    for r in range(len(record.rows)):
        wrong = _names(record, r) or _steps(record, r) or _start(record, r)
        yield first_wrong(record.manifest_file, (not wrong, f"round {r}: {wrong}"))


def _names(record: Record, round_: int) -> str:
    """Which leaves a state has that the network has not, or the other way round; or ""."""
    first, states = record.entries[0].states, record.entries[round_].states
    expected = {*first.end}
    wanted = {STEP, *(f"{PARAMS}{name}" for name in record.masks[0])}
    if not wanted <= expected:
        return f"the network lacks {', '.join(sorted(wanted - expected))}"
    for name, leaves in vars(states).items():
        there = {*_without_optimizer(leaves)}
        empty = name == "last" and round_ == 0
        if there != (set() if empty else expected):
            return f"the state {name!r} has other leaves than the network"
    same = {*states.start} == {*first.start}
    return "" if same else "the optimizer has other parts than in round 0"


def _steps(record: Record, round_: int) -> str:
    """How the places in the schedule are not those that the configuration means, or ""."""
    recipe, states = record.recipe, record.entries[round_].states
    anchor = recipe.step_at(record.algorithm.rewind_to)
    if states.anchor[STEP] != str(anchor):
        return f"what is rewound to is not at step {anchor}"
    promise = PROMISES.get(record.algorithm.rewind)
    if round_ > 0 and promise is None:
        return ""
    start = 0 if round_ == 0 else recipe.steps if promise and promise.at_end else anchor
    end = recipe.steps if round_ == 0 else start + recipe.steps - anchor
    if states.start[STEP] != str(start):
        return f"it does not start at step {start}"
    return "" if states.end[STEP] == str(end) else f"it does not end at step {end}"


def _start(record: Record, round_: int) -> str:
    """How the start of a round is not what was promised, or ""."""
    first, states = record.entries[0].states, record.entries[round_].states
    begin = _without_optimizer(states.start)
    if round_ == 0:
        dense = record.recipe.step_at(record.algorithm.rewind_to) == 0
        return "its anchor is not its start" if dense and states.anchor != begin else ""
    fresh = record.recipe.optimizer not in plugins.OPTIMIZERS.names or all(
        own == first.start[name] for name, own in states.start.items() if name.startswith(OPTIMIZER)
    )
    if not fresh:
        return "its optimizer is not a fresh one"
    promise = PROMISES.get(record.algorithm.rewind)
    if promise is None:
        return ""
    if promise.values == "new":
        return _new(record, round_)
    expected = getattr(states, promise.values)
    differ = [name for name in begin if name != STEP and begin[name] != expected[name]]
    of = "what is rewound to" if promise.values == "anchor" else "what was trained before"
    return f"it does not start with {', '.join(differ)} of {of}" if differ else ""


def _new(record: Record, round_: int) -> str:
    """How the start of a round is not newly drawn, or "".

    Where no weight of a layer is left there is nothing to tell. What is not pruned may begin with
    the same constant whatever is drawn, which is then that of round 0; statistics always do.
    """
    first, states = record.entries[0].states, record.entries[round_].states
    for leaf in sorted({*states.end} - {STEP}):
        kept = record.masks[round_].get(leaf.removeprefix(PARAMS))
        now, constant = states.start[leaf], states.start[leaf] == first.start[leaf]
        if kept is not None:
            old = kept.any() and now in (states.anchor[leaf], states.last[leaf])
        elif leaf.startswith(PARAMS):
            old = now == states.last[leaf] and not constant
        else:
            old = record.recipe.model in plugins.MODELS.names and not constant
        if old:
            return f"{leaf} is not drawn anew"
    return ""


def chained(record: Record) -> Iterator[str]:
    """What a round finds is what the round before ended with, and what round 0 passed by: for all
    that no mask has changed since."""
    for r in range(1, len(record.rows)):
        b = record.before(r)
        last = _changed(record, r, record.entries[b].states.end, "last", record.masks[b])
        anchor = _changed(record, r, record.entries[0].states.anchor, "anchor", record.masks[0])
        yield first_wrong(
            record.manifest_file,
            (not last, f"round {r}: {last} is not as round {b} ended with it"),
            (not anchor, f"round {r}: {anchor} of the anchor is not as in round 0"),
        )


def _changed(record: Record, round_: int, before: Leaves, which: str, mask: Arrays) -> str:
    """The leaves that differ from those before, though the mask of the round takes nothing away."""
    now = getattr(record.entries[round_].states, which)
    pruned = {
        f"{PARAMS}{name}"
        for name, kept in record.masks[round_].items()
        if np.any(mask[name] & ~kept)
    }
    return ", ".join(n for n in before if n not in pruned and before[n] != now.get(n))


def recomputed(record: Record) -> Iterator[str]:
    """The hashes of parameters are those of the saved ones."""
    if not record.experiment.save_params:
        return
    try:
        anchor, ends = record.anchor(), dict[int, Saved]()
        for r in range(len(record.rows)):
            ends = {b: own for b, own in ends.items() if b in (0, r - 1)}  # the others are not used
            ends[r] = record.network(r)
            states, mask = record.entries[r].states, record.masks[r]
            last = ends[record.before(r)] if r else Saved({}, {})
            wrong = _hashed(states, "end", ends[r], {})
            wrong |= _hashed(states, "last", last, mask)
            wrong |= _hashed(states, "anchor", anchor, mask)
            message = "; ".join(f"{n} of {state!r}" for state, n in wrong.items())
            says = f"round {r}: {message} is not that of the saved parameters"
            yield first_wrong(record.manifest_file, (not wrong, says))
    except Damaged:
        return  # the checks of parameters say so


def _hashed(states: States, which: str, saved: Saved, mask: Arrays) -> dict[str, str]:
    """The leaves of a state, if there are any, that are not those of a masked network."""
    leaves: Leaves = getattr(states, which)
    differ = []
    for name, array in saved.params.items():
        kept = mask.get(name)
        masked = array if kept is None else np.where(kept, array, array.dtype.type(0))
        if leaves.get(f"{PARAMS}{name}") != sum_of_leaf(masked):
            differ.append(name)
    for name, array in saved.statistics.items():
        if leaves.get(f"{STATISTICS}{name}") != sum_of_leaf(array):
            differ.append(name)
    return {which: ", ".join(differ)} if differ else {}


def unknown(record: Record) -> Iterator[str]:
    """What the files cannot tell of where rounds begin."""
    a, recipe = record.algorithm, record.recipe
    if a.rounds and a.rewind not in PROMISES:
        yield f"that {a.name} rewinds: what {a.rewind} promises is not of this program"
    if a.rounds and recipe.optimizer not in plugins.OPTIMIZERS.names:
        yield f"that optimizers are fresh: {recipe.optimizer} is not of this program"


CHECKS: dict[str, Check] = {
    "rounds start where they rewind to": rewound,
    "rounds follow from those before": chained,
    "states are the saved parameters": recomputed,
}
"""These checks by what they find to be so."""
