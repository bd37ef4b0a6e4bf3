"""What the page says of a run, section by section."""

import json
from collections.abc import Sequence
from datetime import datetime

import pruning_jax
from pruning_jax.analysis.answers import Tables
from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.reporting import listing, provenance, verdicts
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.listing import LAYOUTS, Listing
from pruning_jax.reporting.page import Content
from pruning_jax.reporting.wording import listed, percent, several
from pruning_jax.workdir.attempt import attempt
from pruning_jax.workdir.collect import Run

GLOSSARY = {
    "density": "the fraction of the prunable weights that remain in a network. A dense network has "
    "a density of 100 %.",
    "sparsity": "the fraction of the prunable weights that are removed: 1 minus the density.",
    "round": "one training of a network. Round 0 trains the dense network; each later round "
    "removes some of the weights that remain, rewinds the network, and trains it again.",
    "rewinding": "setting the weights, the learning rate, or both, back to what they were early in "
    "training, before a pruned network is trained again.",
    "criterion": "the rule that gives each weight a score; the weights with the lowest scores are "
    "removed.",
    "replicate": "a repetition of the same training with another seed.",
    "label noise": "the fraction of the training examples whose label was replaced by a wrong one. "
    "These are the noisy examples.",
}
"""The words that a reader of the page needs."""


def content(
    run: Run,
    tables: Tables,
    facts: Facts,
    charts: dict[str, Chart],
    problems: list[str],
    own: Sequence[str] = (),
    settings: Settings = DEFAULTS,
) -> Content:
    """Everything that the page says; what fails becomes a line of `problems`.

    Args:
      own: the names of those tables that the user's own analyses made.
      settings: the thresholds of the analyses.
    """
    dataset, model = (provenance.only(run.rows, name) for name in ("dataset", "model"))
    judged = attempt(lambda: verdicts.sections(tables), "the verdicts", problems) or []
    listings = [_listing(name, tables, problems) for name in (*LAYOUTS, *own)]
    dump = attempt(lambda: json.dumps(run.config, indent=2), "the configuration", problems)
    how = attempt(lambda: provenance.described(run, facts), "how it was run", problems) or {}
    return Content(
        title=f"{dataset}, {model}: does pruning improve generalization, and why?",
        lead=lead(run, facts),
        glossary=GLOSSARY,
        made=f"{datetime.now():%-d %B %Y, %H:%M} · pruning_jax {pruning_jax.__version__}",
        missing=[*run.problems, *run.unfinished, *run.diverged, *problems],
        claims=judged,
        rates=verdicts.rates(judged),
        settings=verdicts.settings(settings),
        facts=facts,
        charts=charts,
        tables=frozenset(name for name, table in tables.items() if len(table)),
        listings=listings,
        how=how,
        commands=provenance.commands(run),
        config=dump if run.config and dump else "",
    )


def lead(run: Run, facts: Facts) -> str:
    """What was run, in a few sentences."""
    dataset, model = (provenance.only(run.rows, name) for name in ("dataset", "model"))
    rates = listed([percent(rate) for rate in facts.rates])
    weights = f", which has {facts.weights:,.0f} prunable weights," if facts.weights else ""
    return (
        f"The network {model}{weights} was trained on {dataset} with "
        f"{listed(list(facts.algorithms))}, at {rates} label noise and with "
        f"{several(len({*run.rows['seed']}), 'seed')} each. Pruning goes down to a density of "
        f"{percent(min(facts.pruned.values()))}. Intervals are over seeds, with 95 % confidence "
        "where nothing else is said; every comparison is between networks of the same seed and "
        "the same noisy labels."
    )


def _listing(name: str, tables: Tables, problems: list[str]) -> Listing:
    """A table for readers; if it cannot be made, it has no lines and says so."""
    layout = LAYOUTS.get(name)
    title, caption = (layout.title, layout.caption) if layout else (name, "")
    if name not in tables:
        return Listing(name, title, caption, missing="The table could not be computed.")
    make = listing.listing if layout else listing.plain
    made = attempt(lambda: make(name, tables[name]), f"the listing {name}", problems)
    return made or Listing(name, title, caption, missing=f"{problems[-1]}.")
