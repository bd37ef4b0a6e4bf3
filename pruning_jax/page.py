"""The page: everything of a report in one file of HTML that needs nothing else."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pruning_jax import interactive
from pruning_jax.charts import Chart, Key, axes
from pruning_jax.charts.facts import Facts
from pruning_jax.listing import Listing
from pruning_jax.swatches import look


class Verdict(NamedTuple):
    """What was found of a claim at one noise rate."""

    noise: str  # in words
    word: str  # supported, contradicted, undecided
    sentence: str
    effect: str

    @property
    def kind(self) -> str:
        """The class of its badge."""
        known = ("supported", "contradicted", "undecided")
        return self.word if self.word in known else "undecided"


class Claim(NamedTuple):
    """A claim of the paper with a verdict per noise rate."""

    title: str
    says: str
    verdicts: tuple[Verdict, ...]


class Content(NamedTuple):
    """All that the page says."""

    title: str
    lead: str
    made: str  # when and by what
    problems: list[str]
    claims: list[Claim]
    no_claims: str  # why there are none
    facts: Facts
    charts: list[Chart]
    tables: frozenset[str]  # the names of those that have lines, and so a file
    listings: list[Listing]
    run: list[tuple[str, list[str]]]  # terms and what is said of them
    commands: list[str]
    config: str


def render(content: Content) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("pruning_jax", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _source("report.js")
    drawn = [chart for chart in content.charts if not chart.missing]
    own = {
        "policy": policy(plotly(), script),
        "style": Markup(_source("report.css")),
        "script": Markup(script),
        "plotly": Markup(plotly()),
        "content": data(interactive.content(drawn)),
        "rates": [{"value": f"{r:g}", "words": axes.percent(r)} for r in content.facts.rates],
        "algorithms": [_algorithm(content.facts, name) for name in content.facts.algorithms],
        "charts": [_chart(chart, content.tables) for chart in content.charts],
    }
    given = {n: v for n, v in content._asdict().items() if n not in own} | {"facts": content.run}
    return environment.get_template("report.html").render({**given, **own})


@cache
def plotly() -> str:
    """Plotly's own script, minified, as its package brings it."""
    folder = resources.files("plotly") / "package_data"
    return (folder / "plotly.min.js").read_text(encoding="utf-8")


def _source(name: str) -> str:
    return (resources.files("pruning_jax") / "templates" / name).read_text(encoding="utf-8")


def policy(*scripts: str) -> str:
    """What a browser may do: run these scripts and no others, and load nothing."""
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def data(content: Mapping[str, Any]) -> Markup:
    """JSON that can stand inside a script element, whatever its strings say.

    >>> print(data({"name": "</script><!--"}))
    {"name":"\\u003c/script\\u003e\\u003c!--"}
    """
    plain = json.dumps(content, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        plain = plain.replace(character, f"\\u{ord(character):04x}")
    return Markup(plain)


def _algorithm(facts: Facts, name: str) -> dict[str, Any]:
    return {"name": name, "label": facts.label(name), "look": look(facts.style(name))}


def _chart(chart: Chart, tables: frozenset[str]) -> dict[str, Any]:
    """A chart as the template needs it."""
    numbered = [(f"{chart.name}-{i}", panel) for i, panel in enumerate(chart.panels)]
    rows = [
        {
            "title": row,
            "panels": [
                {
                    "id": name,
                    "title": panel.column,
                    "label": ", ".join(filter(None, (chart.title, row, panel.column))),
                }
                for name, panel in numbered
                if panel.row == row
            ],
        }
        for row in chart.rows
    ]
    legend = [
        {"name": series.name, "algorithm": series.algorithm, "look": look(series.style)}
        for series in chart.legend.values()
    ]
    return {
        "name": chart.name,
        "title": chart.title,
        "caption": chart.caption,
        "missing": chart.missing,
        "legend": legend if len(legend) > 1 else [],
        "key": _key(chart.key) if chart.key else None,
        "rows": rows,
        "links": links(chart, tables),
    }


def _key(key: Key) -> dict[str, Any]:
    last = len(key.ticks) - 1
    places = {0: "first", last: "last"}
    ticks = [
        (f"{100 * at:.1f}", words, places.get(i, "")) for i, (at, words) in enumerate(key.ticks)
    ]
    return {"title": key.title, "colours": ", ".join(key.colours), "ticks": ticks}


def links(chart: Chart, tables: frozenset[str]) -> list[dict[str, str]]:
    """The files of a chart, below the workdir."""
    files: Iterable[str] = [f"figures/{chart.name}.{kind}" for kind in ("pdf", "png")]
    files = [*files, *(f"tables/{name}.csv" for name in chart.tables if name in tables)]
    return [{"href": path, "words": path} for path in files]
