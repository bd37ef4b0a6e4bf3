"""The page: everything of a report in one file of HTML that needs nothing else."""

import base64
import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pruning_jax.reporting import alt, interactive
from pruning_jax.reporting.chart import Chart, ColourScale
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.listing import Listing
from pruning_jax.reporting.packed import library, packed, packed_library
from pruning_jax.reporting.swatches import swatch
from pruning_jax.reporting.verdicts import ClaimSection, footnote, overview
from pruning_jax.wording import percent
from pruning_jax.workdir import paths

FIRST = "test_error"
"""The chart that the page begins with."""


class RunSection(NamedTuple):
    """What the page says of one run; the label is empty where it is the only one."""

    label: str
    lead: str
    claims: list[ClaimSection]
    undecided: str  # why nothing is decided, where that is so
    how: dict[str, list[str]]  # how it was run: terms and what is said of them
    commands: list[str]
    config: str


class Content(NamedTuple):
    """Everything that the page says."""

    title: str
    glossary: dict[str, str]
    made: str  # when and by what
    missing: list[str]
    runs: list[RunSection]
    settings: dict[str, str]  # of the verdicts
    facts: Facts
    charts: dict[str, Chart]
    tables: frozenset[str]  # the names of the tables that have rows, and so a file
    listings: list[Listing]
    picture: bytes = b""  # the first chart as PNG, for browsers that run no scripts


def render(content: Content) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=PackageLoader("pruning_jax", "reporting/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = breakable
    script, facts = _source("report.js"), content.facts
    charts = [_chart(name, chart, content.tables) for name, chart in content.charts.items()]
    figures = json.dumps(interactive.content(content.charts), allow_nan=False)
    return environment.get_template("report.html").render(
        content._asdict()
        | {
            "policy": policy(library(), script),
            "style": Markup(_source("report.css")),
            "script": Markup(script),
            "library": packed_library(),
            "content": packed(figures),
            "choices": [{"value": f"{rate:g}", "words": percent(rate)} for rate in facts.rates],
            "algorithms": [
                {"name": name, "label": facts.label(name), "swatch": swatch(facts.style(name))}
                for name in facts.algorithms
            ],
            "first": [chart for chart in charts if chart["name"] == FIRST],
            "charts": [chart for chart in charts if chart["name"] != FIRST],
            "picture": base64.b64encode(content.picture).decode(),
            "claims": _claims(content.runs),
            "overview": overview,
            "footnote": footnote,
            "table_file": table_file,
        }
    )


def _source(name: str) -> str:
    folder = resources.files("pruning_jax.reporting") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def policy(*scripts: str) -> str:
    """The rule for browsers that lets these scripts run, and nothing else run or be loaded.

    A script that the page unpacks is one of them, because the browser compares the text that is to
    run, wherever it comes from.

    Names from a configuration stand in the page: should one get past the escaping, the browser
    still does not obey it.
    """
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def breakable(name: str) -> Markup:
    """A name that may go on in the next line after an underscore.

    >>> print(breakable("weight_rewinding <b>"))
    weight_<wbr>rewinding &lt;b&gt;
    """
    return Markup("_<wbr>").join(name.split("_"))


def _claims(runs: list[RunSection]) -> dict[int, dict[str, ClaimSection]]:
    """By the number of a claim, what each run says of it."""
    found: dict[int, dict[str, ClaimSection]] = {}
    for run in runs:
        for claim in run.claims:
            found.setdefault(claim.number, {})[run.label] = claim
    return found


def _chart(name: str, chart: Chart, tables: frozenset[str]) -> dict[str, Any]:
    """A chart as the template needs it."""
    legend = [
        {"name": series.name, "algorithm": series.algorithm, "swatch": swatch(series.style)}
        for series in chart.legend.values()
    ]
    files = [paths.figure(Path(), name, suffix).as_posix() for suffix in ("pdf", "png")]
    files += [table_file(table) for table in chart.tables if table in tables]
    return {
        "name": name,
        "title": chart.title,
        "caption": chart.caption,
        "missing": "" if chart.frames else chart.missing,
        "legend": legend if len(legend) > 1 else [],
        "scale": _scale(chart.scale) if chart.scale else None,
        "rows": _rows(name, chart),
        "files": files,
    }


def table_file(name: str) -> str:
    """The file of a table, as a link beside the page; that of an exploration has its folder."""
    return f"{name}.csv" if "/" in name else paths.table(Path(), name).as_posix()


def _rows(name: str, chart: Chart) -> list[dict[str, object]]:
    """The frames of a chart, row by row; the names are those of `interactive.content`."""
    frames = [
        {
            "id": f"{name}-{i}",
            "row": frame.row,
            "title": frame.column,
            "seen": alt.seen(chart.title, frame),
            "rate": None if frame.noise_rate is None else f"{frame.noise_rate:g}",
            "algorithm": frame.algorithm,
        }
        for i, frame in enumerate(chart.frames)
    ]
    return [
        {"title": row, "frames": [frame for frame in frames if frame["row"] == row]}
        for row in chart.rows
    ]


def _scale(scale: ColourScale) -> dict[str, object]:
    last = len(scale.ticks) - 1
    places = {0: "first", last: "last"}
    ticks = [
        (f"{100 * at:.1f}", words, places.get(i, "")) for i, (at, words) in enumerate(scale.ticks)
    ]
    return {"title": scale.title, "colours": ", ".join(scale.colours), "ticks": ticks}
