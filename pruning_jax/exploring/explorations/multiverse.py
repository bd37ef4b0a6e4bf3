"""The multiverse: the verdicts under every combination of choices that are ours."""

import itertools
from dataclasses import replace
from math import log

from pruning_jax.analysis.claims.claims import checked, judged
from pruning_jax.analysis.settings import DEFAULTS
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Choice, Exploration, Settings
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import FLAG, NUMBER, TEXT, WHOLE, Column, Row
from pruning_jax.workdir.explored import Unit

TRIED: dict[str, tuple[float, ...]] = {
    "alpha": (0.01, 0.05, 0.1),
    "delta": (0.0025, 0.005, 0.01),
    "minimum_log_ratio": (log(1.02), log(1.05), log(1.1)),
    "size_tolerance": (1.06, 1.12, 1.25),
    "collapse_factor": (1.2, 1.5, 3.0),
}
"""The values of each choice; the one in the middle is the default."""

MEANINGS = {
    "alpha": ("", "The level of the tests."),
    "delta": ("fraction", "The smallest difference of accuracies that matters."),
    "minimum_log_ratio": ("log nats", "The smallest that matters of training losses, for claim 2."),
    "size_tolerance": ("factor", "Within which two networks are of one size."),
    "collapse_factor": ("factor", "Below so many times chance a network has collapsed."),
}


def units(run: Run, choice: Choice) -> list[Unit]:
    """The whole run, whatever is chosen: a verdict needs all seeds and all rounds."""
    return [()]


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """A row for each combination, claim, algorithm and noise rate."""
    measured = checked(bench.run.rows)
    made: list[Row] = []
    for values in itertools.product(*TRIED.values()):
        tried = dict(zip(TRIED, values, strict=True))
        own = replace(DEFAULTS, **tried)
        default = all(getattr(DEFAULTS, name) == value for name, value in tried.items())
        for found in judged(measured, own).to_dict("records"):
            where = {"claim": int(found["claim"]), "algorithm": str(found["algorithm"])}
            where |= {"noise_rate": float(found["noise_rate"]), "verdict": str(found["verdict"])}
            made.append({**tried, "is_default": default, **where})
    return made


EXPLORATION = Exploration(
    what="the verdicts under every combination of thresholds that are ours",
    units=units,
    look=look,
    columns=(
        *(Column(name, NUMBER, *MEANINGS[name]) for name in TRIED),
        Column("is_default", FLAG, "", "Whether these are the values of the report."),
        Column("claim", WHOLE, "", "Which of the four claims."),
        Column("algorithm", TEXT, "", "Of which algorithm it is asked."),
        Column("noise_rate", NUMBER, "fraction", "At which noise rate."),
        Column(
            "verdict",
            TEXT,
            "",
            "`supported`, `contradicted`, `no gain`, `undecided` or `not asked`.",
        ),
    ),
    needs_params=False,
)
