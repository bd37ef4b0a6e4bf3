"""What the page says of a run, section by section."""

import json
import math
from collections.abc import Sequence
from datetime import datetime

import pruning_jax
from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import listing, provenance, tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.listing import LAYOUTS, Listing
from pruning_jax.reporting.page import ClaimSection, Content, VerdictLine
from pruning_jax.reporting.tabular import Record, grouped
from pruning_jax.reporting.wording import listed, noise, percent, several, typeset
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

CLAIMS = {
    1: (
        "1. Size reduction is not enough",
        "The best pruned network has a higher test accuracy than a dense network with as many "
        "weights.",
    ),
    2: (
        "2. Better training",
        "At some densities, pruned networks have a lower training loss than the dense network.",
    ),
    3: (
        "3. Additional regularization",
        "At some densities, noisy examples cost pruned networks less test accuracy than they cost "
        "the dense network.",
    ),
    4: (
        "4. Two factors",
        "Longer training improves training, smaller size adds regularization, and both together do "
        "as well as pruning.",
    ),
}

EFFECTS = {
    1: ("difference in test accuracy", "points"),
    2: ("logarithm of the ratio of training losses", ""),
    3: ("difference in accuracy degradation", "points"),
    4: ("difference in test accuracy", "points"),
}
"""What the effect of each claim is, and its unit."""


def content(
    run: Run,
    tables: Tables,
    facts: Facts,
    charts: dict[str, Chart],
    problems: list[str],
    own: Sequence[str] = (),
) -> Content:
    """Everything that the page says; what fails becomes a line of `problems`.

    Args:
      own: the names of those tables that the user's own analyses made.
    """
    dataset, model = (provenance.only(run.rows, name) for name in ("dataset", "model"))
    judged = attempt(lambda: claims(tables), "the verdicts", problems) or []
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
        f"{percent(min(facts.pruned.values()))}. Every interval is a 95 % confidence interval over "
        "seeds, and every comparison is between networks of the same seed and the same noisy "
        "labels."
    )


def claims(tables: Tables) -> list[ClaimSection]:
    """The claims with their verdicts, in order of the noise rates."""
    rows = tabular.read(tables, "claims")
    rows.sort(key=lambda row: (int(row["claim"]), float(row["noise_rate"])))
    sections = []
    for (number,), part in grouped(rows, "claim").items():
        title, says = CLAIMS.get(int(number), (f"Claim {number}", ""))
        lines = [
            VerdictLine(
                noise(float(row["noise_rate"])),
                str(row["verdict"]),
                typeset(str(row["sentence"])),
                measured(row),
            )
            for row in part
        ]
        sections.append(ClaimSection(title, says, tuple(lines)))
    return sections


def measured(row: Record) -> str:
    """The effect of a claim with its interval, as a sentence; nothing if none was measured."""
    effect, low, high, density = (float(row[n]) for n in ("effect", "low", "high", "density"))
    if math.isnan(effect):
        return ""
    claim = int(row["claim"])
    name, unit = EFFECTS.get(claim, ("effect", ""))
    write = listing.POINTS if unit else listing.number(3, sign=True)
    ends = listing.interval(low, high, write)
    place = "" if math.isnan(density) else f" at a density of {percent(density)}"
    replicates = several(float(row["replicates"]), "replicate")
    size = " ".join(filter(None, (write(effect), ends, unit)))
    unsure = "" if ends else ", without an interval"
    return f"The {name} is {size}{place}, over {replicates}{unsure}."


def _listing(name: str, tables: Tables, problems: list[str]) -> Listing:
    """A table for readers; if it cannot be made, it has no lines and says so."""
    layout = LAYOUTS.get(name)
    title, caption = (layout.title, layout.caption) if layout else (name, "")
    if name not in tables:
        return Listing(name, title, caption, missing="The table could not be computed.")
    make = listing.listing if layout else listing.plain
    made = attempt(lambda: make(name, tables[name]), f"the listing {name}", problems)
    return made or Listing(name, title, caption, missing=f"{problems[-1]}.")
