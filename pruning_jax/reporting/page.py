"""The page: everything of a report in one file of HTML that needs nothing else."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pruning_jax.reporting import interactive
from pruning_jax.reporting.chart import Chart, ColourScale
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.listing import Listing
from pruning_jax.reporting.swatches import swatch
from pruning_jax.reporting.verdicts import ClaimSection
from pruning_jax.reporting.wording import percent
from pruning_jax.workdir import paths


class Content(NamedTuple):
    """Everything that the page says."""

    title: str
    lead: str
    glossary: dict[str, str]
    made: str  # when and by what
    missing: list[str]
    claims: list[ClaimSection]
    rates: list[str]  # the noise rates of the verdicts
    settings: dict[str, str]  # of the verdicts
    facts: Facts
    charts: dict[str, Chart]
    tables: frozenset[str]  # the names of the tables that have rows, and so a file
    listings: list[Listing]
    how: dict[str, list[str]]  # how it was run: terms and what is said of them
    commands: list[str]
    config: str


def render(content: Content) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=PackageLoader("pruning_jax", "reporting/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script, facts = _source("report.js"), content.facts
    charts = [_chart(name, chart, content.tables) for name, chart in content.charts.items()]
    return environment.get_template("report.html").render(
        content._asdict()
        | {
            "policy": policy(plotly(), script),
            "style": Markup(_source("report.css")),
            "script": Markup(script),
            "plotly": Markup(plotly()),
            "content": data(interactive.content(content.charts)),
            "choices": [{"value": f"{rate:g}", "words": percent(rate)} for rate in facts.rates],
            "algorithms": [
                {"name": name, "label": facts.label(name), "swatch": swatch(facts.style(name))}
                for name in facts.algorithms
            ],
            "charts": charts,
            "table_file": _table,
        }
    )


@cache
def plotly() -> str:
    """Plotly's own script, minified, as its package brings it."""
    folder = resources.files("plotly") / "package_data"
    return (folder / "plotly.min.js").read_text(encoding="utf-8")


def _source(name: str) -> str:
    folder = resources.files("pruning_jax.reporting") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def policy(*scripts: str) -> str:
    """The rule for browsers that lets these scripts run, and nothing else run or be loaded.

    Names from a configuration stand in the page: should one get past the escaping, the browser
    still does not obey it.
    """
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def data(content: Mapping[str, object]) -> Markup:
    """JSON that can stand inside a script element, whatever its strings say.

    >>> print(data({"name": "</script><!--"}))
    {"name":"\\u003c/script\\u003e\\u003c!--"}
    """
    plain = json.dumps(content, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        plain = plain.replace(character, f"\\u{ord(character):04x}")
    return Markup(plain)


def _chart(name: str, chart: Chart, tables: frozenset[str]) -> dict[str, object]:
    """A chart as the template needs it."""
    legend = [
        {"name": series.name, "algorithm": series.algorithm, "swatch": swatch(series.style)}
        for series in chart.legend.values()
    ]
    files = [paths.figure(Path(), name, suffix).as_posix() for suffix in ("pdf", "png")]
    files += [_table(table) for table in chart.tables if table in tables]
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


def _table(name: str) -> str:
    """The file of a table, as a link beside the page; that of an exploration has its folder."""
    return f"{name}.csv" if "/" in name else paths.table(Path(), name).as_posix()


def _rows(name: str, chart: Chart) -> list[dict[str, object]]:
    """The frames of a chart, row by row; the names are those of `interactive.content`."""
    frames = [
        {
            "id": f"{name}-{i}",
            "row": frame.row,
            "title": frame.column,
            "label": ", ".join(filter(None, (chart.title, frame.row, frame.column))),
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
