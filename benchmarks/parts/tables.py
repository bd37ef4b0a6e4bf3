"""What was found, as Markdown."""

import math
from collections.abc import Iterable
from typing import Any

HIDDEN = ("kernels", "traced_steps")
"""Fields that are kept in the JSON file alone, because they are long or say little."""

NOTES = """\
Two numbers with a slash between them are the best and the median of several calls. Compilation is
in no time but those of whole commands, and has a column of its own. `times_first_row` is the rate
divided by that of the first row, best by best and median by median. `groups_ms` says where the
milliseconds of a step go: the time of its kernels, by what their names say that they do.
"""


def document(content: dict[str, Any]) -> str:
    """The whole page."""
    lines = ["# Measured on an accelerator", ""]
    if content["tiny"]:
        lines = ["# Every part in tiny sizes, which say nothing about speed", ""]
    lines += [f"- {name}: {value}" for name, value in _facts(content).items()]
    lines += ["", *NOTES.splitlines()]
    for part in content["parts"].values():
        lines += ["", section(part)]
    return "\n".join(lines) + "\n"


def section(part: dict[str, Any]) -> str:
    """A part."""
    head = [f"## {part['title']}", "", f"{part['state']} ({part['seconds']:.0f} s)"]
    return "\n".join([*head, *_table(part["rows"])])


def _facts(content: dict[str, Any]) -> dict[str, Any]:
    """When, what and where."""
    names = ("date", "command", "version", "commit", "minutes", "spent_seconds")
    return {name: content[name] for name in names}


def _table(rows: dict[str, dict[str, Any]]) -> list[str]:
    """The rows that were begun as a table, and a line that names those that were not."""
    begun = {n: row for n, row in rows.items() if not row["state"].startswith("skipped")}
    fields = [row["fields"] for row in begun.values()]
    columns = [name for name in dict.fromkeys(_names(fields)) if name not in HIDDEN]
    lines = []
    if begun:
        heads = ["row", *columns, "state"]
        lines = ["", _line(heads), _line(["---"] * len(heads))]
    for name, row in begun.items():
        cells = [cell(row["fields"].get(column, "")) for column in columns]
        lines.append(_line([name, *cells, row["state"].replace("|", "/")]))
    reasons: dict[str, list[str]] = {}
    for name, row in rows.items():
        if name not in begun:
            reasons.setdefault(row["state"], []).append(name)
    for reason, names in reasons.items():
        lines += ["", f"{reason}: {'; '.join(names)}"]
    return lines


def _names(fields: Iterable[dict[str, Any]]) -> Iterable[str]:
    for each in fields:
        yield from each


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cell(value: object) -> str:
    """A value in a few characters.

    >>> cell({"best": 123456.7, "median": 0.01234}), cell({"copies": 1.5}), cell(True), cell([])
    ('123,457 / 0.01234', 'copies 1.5', 'yes', 'none')
    """
    if isinstance(value, dict):
        if "median" in value:
            return " / ".join(map(cell, value.values()))
        return ", ".join(f"{name} {cell(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(cell, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)
