"""What the page says of a run, section by section."""

import json
from collections.abc import Sequence
from datetime import datetime

import pruning_jax
from pruning_jax.analysis.claims.claims import nothing_decided
from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.reporting import listing, provenance, verdicts
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts, facts_of
from pruning_jax.reporting.listing import LAYOUTS, Listing
from pruning_jax.reporting.page import Content, RunSection
from pruning_jax.reporting.parts import Part
from pruning_jax.wording import listed, percent, several
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
    "point": "the unit of a difference of two percentages, in full percentage point. From 70 % to "
    "82 % are 12 points.",
    "interval": "the range, in brackets, in which the mean of very many replicates lies with the "
    "confidence that is given.",
    "label noise": "the fraction of the training examples whose label was replaced by a wrong one. "
    "These are the noisy examples.",
}
"""The words that a reader of the page needs."""


def content(
    parts: Sequence[Part],
    facts: Facts,
    charts: dict[str, Chart],
    problems: Sequence[str],
    own: Sequence[str] = (),
    settings: Settings = DEFAULTS,
) -> Content:
    """Everything that the page says; what fails becomes a line of the problems of its run.

    Args:
      facts: those of all runs together.
      problems: what went wrong that belongs to no single run.
      own: the names of those tables that the user's own analyses made.
      settings: the thresholds of the analyses.
    """
    runs = [_section(part, settings) for part in parts]
    listings = [_listing(name, parts) for name in (*LAYOUTS, *own)]
    names = (name for part in parts for name, table in part.tables.items() if len(table))
    return Content(
        title=title(parts),
        glossary=GLOSSARY,
        made=f"{datetime.now():%-d %B %Y, %H:%M} · pruning_jax {pruning_jax.__version__}",
        missing=[*missing(parts), *problems],
        runs=runs,
        settings=verdicts.settings(settings),
        facts=facts,
        charts=charts,
        tables=frozenset(names),
        listings=listings,
    )


def title(parts: Sequence[Part]) -> str:
    """What the report is about."""
    if len(parts) > 1:
        return f"{listed([part.label for part in parts])}: does pruning improve generalization?"
    dataset, model = (provenance.only(parts[0].run.rows, name) for name in ("dataset", "model"))
    return f"{dataset}, {model}: does pruning improve generalization, and why?"


def missing(parts: Sequence[Part]) -> list[str]:
    """A line for each thing that the runs lack."""
    lines = []
    for part in parts:
        run = part.run
        own = [*run.problems, *run.unfinished, *run.diverged, *part.problems]
        lines += [f"{part.label}: {line}" if part.label else line for line in own]
    return lines


def _section(part: Part, settings: Settings) -> RunSection:
    """What the page says of one run."""
    run, problems = part.run, part.problems
    order = [algorithm.name for algorithm in run.experiment.algorithms] if run.experiment else []
    facts = facts_of(run.rows, order)
    judged = attempt(lambda: verdicts.sections(part.tables), "the verdicts", problems) or []
    dump = attempt(lambda: json.dumps(run.config, indent=2), "the configuration", problems)
    how = attempt(lambda: provenance.described(run, facts), "how it was run", problems) or {}
    return RunSection(
        label=part.label,
        lead=lead(run, facts),
        claims=judged,
        undecided=nothing_decided(run.rows, settings) if judged else "",
        how=how,
        commands=provenance.commands(run),
        config=dump if run.config and dump else "",
    )


def lead(run: Run, facts: Facts) -> str:
    """What was run, in two sentences."""
    dataset, model = (provenance.only(run.rows, name) for name in ("dataset", "model"))
    rates = listed([percent(rate) for rate in facts.rates])
    weights = f", which has {facts.weights:,.0f} prunable weights," if facts.weights else ""
    return (
        f"The network {model}{weights} was trained on {dataset} with "
        f"{listed(list(facts.algorithms))}, at {rates} label noise and with "
        f"{several(len({*run.rows['seed']}), 'seed')} each. Pruning goes down to a density of "
        f"{percent(min(facts.pruned.values()))}."
    )


def _listing(name: str, parts: Sequence[Part]) -> Listing:
    """A table for readers, of all runs."""
    made = [_listing_of(name, part) for part in parts]
    if len(parts) == 1:
        return made[0]
    lines = tuple(
        line._replace(cells=(part.label, *line.cells), algorithm=part.named(line.algorithm))
        for part, own in zip(parts, made, strict=True)
        for line in own.lines
    )
    headings = next((own.headings for own in made if own.headings), ())
    return made[0]._replace(
        headings=("run", *headings), lines=lines, missing="" if lines else made[0].missing
    )


def _listing_of(name: str, part: Part) -> Listing:
    """The table of one run; if it cannot be made, it has no lines and says so."""
    layout = LAYOUTS.get(name)
    title, caption = (layout.title, layout.caption) if layout else (name, "")
    if name not in part.tables:
        return Listing(name, title, caption, missing="The table could not be computed.")
    make = listing.listing if layout else listing.plain
    made = attempt(lambda: make(name, part.tables[name]), f"the listing {name}", part.problems)
    return made or Listing(name, title, caption, missing=f"{part.problems[-1]}.")
