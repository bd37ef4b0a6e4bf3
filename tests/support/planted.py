"""Tables of which is known what is true of them, and how often verdicts on them are false.

  python tests/support/planted.py          # the table of docs/verdicts.md, in two minutes

A verdict is false if what it states (docs/verdicts.md) does not hold for what was planted. The
statements are worked out here from the planted effects, not from the code that is tested.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

import synthetic
from synthetic import PAPER, Truth

from pruning_jax.analysis.claims.claims import claims
from pruning_jax.analysis.settings import Settings

DELTA, RATIO = 0.005, np.log(1.05)
NEAR = 1e-9  # effects that are planted exactly at a limit are not beyond it
CLAIMS = (1, 2, 3, 4)
RATES = tuple(0.1 + 0.001 * i for i in range(50))
"""Nothing passes between noise rates: a table with 50 of them counts as 50 tables."""


class Case(NamedTuple):
    """A planted truth."""

    says: str
    truth: Truth
    finds: dict = {}  # by claim, the verdict that should be found, for power  # noqa: RUF012
    main: bool = False  # 1,000 tables; else 250


def statements(truth):
    """By claim, the verdicts whose statements are true."""
    rounds = np.arange(1, truth.rounds)
    alive = rounds < truth.rounds - truth.collapsed

    def planted(of, kind):
        return np.broadcast_to(getattr(truth, of).get(kind, 0.0), truth.rounds)[1:]

    gain = np.where(alive, planted("gain", "pruned"), 0.1 - truth.accuracy)
    loss = np.where(alive, planted("log_loss", "pruned"), 3 + np.log(np.log(10)))
    reduction = np.where(alive, -planted("more_lost", "pruned"), truth.lost)
    size, time, both = (
        gain - planted("gain", kind) for kind in ("small", "extended", "small_extended")
    )
    matched = np.isin(rounds, truth.widths_at)
    better, none = (gain > NEAR) & matched, (gain < DELTA - NEAR).all()
    found = {
        (1, "supported"): (better & (size > NEAR)).any(),
        (1, "contradicted"): (better & (size < DELTA - NEAR)).any(),
        (1, "no gain"): none,
        (2, "supported"): (loss < -NEAR).any(),
        (2, "contradicted"): (loss > NEAR - RATIO).all(),
        (3, "supported"): ((reduction > NEAR) & (gain > NEAR)).any(),
        (3, "contradicted"): (np.minimum(reduction, gain) < DELTA - NEAR).all(),
        (4, "supported"): (
            better & (size > NEAR) & (time > NEAR) & (np.abs(both) < DELTA - NEAR)
        ).any(),
        (4, "contradicted"): (better & (np.minimum(size, time) < DELTA - NEAR)).any(),
        (4, "no gain"): none,
    }
    return {c: {v for (own, v), true in found.items() if own == c and true} for c in CLAIMS}


def rates(truth, tables, **settings):
    """Verdicts of many tables: by claim and verdict, the share of the tables that have it."""
    many = truth.with_(rates=RATES)
    parts = [claims(synthetic.rows(many, i), Settings(**settings)) for i in range(tables // 50)]
    found = pd.concat(parts)
    return found.groupby("claim")["verdict"].value_counts(normalize=True)


def false(truth, found):
    """By claim, the share of tables with a verdict that is false."""
    true = statements(truth)
    return {
        claim: sum(
            share
            for verdict, share in found[claim].items()
            if verdict not in ("undecided", "not asked", *true[claim])
        )
        for claim in CLAIMS
    }


ENDED = Truth(collapsed=1, images=1000)
QUIET = ENDED.with_(luck=0.002, sampling=0.001)
"""As MNIST and CIFAR-10 are, of which the seeds differ by some tenths of a point."""

SIZE = dict.fromkeys(("pruned", "small", "small_extended"), 0.03)
TIME = dict.fromkeys(("pruned", "extended", "small_extended"), 0.03)
BOTH = {"pruned": 0.03, "small_extended": 0.03}
WORSE = np.linspace(0, -0.2, 9)
NONE = {1: "no gain", 2: "contradicted", 3: "contradicted", 4: "no gain"}
EDGE = dict.fromkeys(("pruned", "small"), DELTA)

CASES = {
    "null": Case("nothing differs", ENDED, NONE, True),
    "quiet null": Case("nothing differs, and seeds differ little", QUIET, NONE, True),
    "open null": Case("nothing differs, the range is open", ENDED.with_(collapsed=0), {}, True),
    "edge": Case(
        "a gain of just delta everywhere, by size alone", ENDED.with_(gain=EDGE), {}, True
    ),
    "paper": Case(
        "all four claims",
        PAPER.with_(images=1000),
        {1: "supported", 2: "supported", 3: "supported"},
        True,
    ),
    "size": Case(
        "size alone explains", QUIET.with_(gain=SIZE), {1: "contradicted", 4: "contradicted"}, True
    ),
    "time": Case(
        "time alone explains", QUIET.with_(gain=TIME), {1: "supported", 4: "contradicted"}, True
    ),
    "both": Case(
        "both factors together", QUIET.with_(gain=BOTH), {1: "supported", 4: "supported"}, True
    ),
    "both, 10 seeds": Case(
        "the same, 10 seeds", QUIET.with_(gain=BOTH, seeds=10), {1: "supported", 4: "supported"}
    ),
    "margin": Case(
        "both together lose just delta",
        QUIET.with_(gain={"pruned": 0.03, "small_extended": 0.025}),
        {},
        True,
    ),
    "short": Case(
        "both together lose a point", QUIET.with_(gain={"pruned": 0.03, "small_extended": 0.02}), {}
    ),
    "clean only": Case(
        "clean accuracy falls, noisy stays",
        ENDED.with_(more_lost={"pruned": -0.05}),
        {3: "contradicted"},
        True,
    ),
    "gain only": Case(
        "as much harm by noise, but more accurate",
        ENDED.with_(gain={"pruned": 0.03}),
        {1: "supported", 3: "contradicted"},
        True,
    ),
    "edge of 3": Case(
        "just delta of both, everywhere",
        QUIET.with_(gain={"pruned": DELTA}, more_lost={"pruned": -DELTA}),
        {},
    ),
    "regularises": Case(
        "less harm and more accurate",
        ENDED.with_(gain={"pruned": 0.03}, more_lost={"pruned": -0.03}),
        {3: "supported"},
    ),
    "trains": Case(
        "half the training loss at two densities",
        ENDED.with_(log_loss={"pruned": [0, 0, -0.7, -0.7, 0, 0, 0, 0, 0]}),
        {2: "supported"},
    ),
    "edge of 2": Case(
        "a loss lower by just 1.05", ENDED.with_(log_loss={"pruned": -RATIO}, of_log_loss=0.02), {}
    ),
    "worse": Case(
        "20 points worse, step by step",
        ENDED.with_(gain={"pruned": WORSE}, log_loss={"pruned": -20 * WORSE}),
        NONE,
        True,
    ),
    "collapse": Case("three last densities guess", ENDED.with_(collapsed=3), NONE),
    "stopped": Case("the same, networks stop there", ENDED.with_(collapsed=3, stopped=True), NONE),
    "uneven": Case("some seeds vary five times as much", ENDED.with_(uneven=0.5), {}, True),
    "uneven edge": Case("the same at the edge", ENDED.with_(uneven=0.5, gain=EDGE), {}),
    "outliers": Case("one accuracy in twenty lies far off", ENDED.with_(outliers=0.05), {}, True),
    "outlying edge": Case("the same at the edge", ENDED.with_(outliers=0.05, gain=EDGE), {}),
    "together": Case("densities of a cell go together", ENDED.with_(of_cell=0.01), {}, True),
    "alike": Case(
        "500 test images, replicates nearly agree",
        ENDED.with_(images=500, luck=0.0003, sampling=0, of_seed=0),
        {},
        True,
    ),
    "alike edge": Case(
        "the same at the edge",
        ENDED.with_(images=500, luck=0.0003, sampling=0, of_seed=0, gain=EDGE),
        {},
    ),
    "many": Case(
        "16 rounds, 8 widths, 3 seeds",
        ENDED.with_(rounds=17, widths_at=tuple(range(2, 17, 2)), seeds=3),
        {},
    ),
    "bootstrap": Case("nothing differs, 12 seeds", ENDED.with_(seeds=12), NONE),
    "bootstrap edge": Case("the edge, 12 seeds", ENDED.with_(seeds=12, gain=EDGE), {}),
    "bootstrap outliers": Case(
        "outliers, 12 seeds", ENDED.with_(seeds=12, outliers=0.05, gain=EDGE), {}
    ),
}


def table():
    """The calibration in Markdown."""
    lines = ["| planted | tables | false 1 | 2 | 3 | 4 | found |", "|---|---|---|---|---|---|---|"]
    for case in CASES.values():
        tables = 1000 if case.main else 250
        found = rates(case.truth, tables)
        wrong = false(case.truth, found)
        power = ", ".join(
            f"{c} {v} {found[c].get(v, 0):.0%}".replace("%", " %") for c, v in case.finds.items()
        )
        numbers = " | ".join(f"{100 * wrong[c]:.1f}" for c in CLAIMS)
        lines.append(f"| {case.says} | {tables} | {numbers} | {power} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    table()
