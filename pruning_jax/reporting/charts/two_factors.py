"""Training time and size, each changed alone and both together, beside pruning."""

import math

from pruning_jax import wording
from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart, Frame, Series, Style
from pruning_jax.reporting.facts import Facts, note
from pruning_jax.reporting.lines import FEW, POINTS, Quantity, interval_ends
from pruning_jax.reporting.tabular import Record, grouped, pick

SIZES = {
    "full": ("full size", Style(0, 0, 0, band=False)),
    "reduced": (
        "fewer units, as many weights as pruning leaves",
        Style(2, 1, 1, band=False, hollow=True),
    ),
    "pruned": ("pruned", Style(1, 2, 0, line=False, band=False)),
}
"""The sizes of networks in words, and their looks."""

TIMES = {"standard": "standard\ntime", "extended": "extended\ntime", "pruned": "pruned"}

MEASURES = {
    "train_loss": Quantity("training loss", "nats", axis=axes.logarithmic, room=math.inf),
    "degradation": POINTS._replace(room=math.inf),
    "test_accuracy": Quantity("test accuracy", "%", 100.0, axis=axes.percentage, room=math.inf),
}


def two_factors(tables: Tables, facts: Facts) -> Chart:
    """One row of frames for each measure, one column for each noise rate."""
    every = tabular.read(tables, "two_factors")
    known = [row for row in every if not math.isnan(float(row["mean"]))]
    return Chart(
        "Two factors: training time and size",
        "Dense networks are trained once (standard time) or as often as pruning trains (extended "
        "time), in full size or with fewer units. Beside them stands the pruned network at the "
        "density with the best validation accuracy, which the title of each frame names. Bars are "
        f"95 % intervals over seeds. {FEW}",
        tuple(
            frame
            for measure, quantity in MEASURES.items()
            for frame in _measured(pick(known, measure=measure), quantity, facts)
        ),
        "This figure needs an algorithm that prunes, extended_dense, and its narrower versions "
        "(config.controls.width_rounds).",
        ("two_factors", "factor_effects"),
    )


def _measured(rows: list[Record], quantity: Quantity, facts: Facts) -> list[Frame]:
    """One frame for each noise rate and density."""
    x = axes.categories("", TIMES.values())
    made = []
    for (rate, density), part in grouped(rows, "noise_rate", "density").items():
        if rate in facts.rates:
            title = f"{wording.noise(float(rate))}\n"
            title += f"at density {wording.density(float(density), facts.weights)}"
            series = _sizes(part, quantity, facts)
            y = quantity.around(series)
            made.append(Frame(quantity.name, title, x, y, tuple(series), noise_rate=float(rate)))
    return made


def _sizes(rows: list[Record], quantity: Quantity, facts: Facts) -> list[Series]:
    """The series of each size, over training time."""
    places = {time: place for place, time in enumerate(TIMES)}
    made = []
    for shift, (size, (name, style)) in enumerate(SIZES.items(), -1):
        part = [row for row in pick(rows, size=size) if row["time"] in places]
        part.sort(key=lambda row: places[str(row["time"])])
        if part:
            aside = 0.0 if size == "pruned" else 0.06 * shift  # else bars would cover each other
            x = tuple(places[str(row["time"])] + aside for row in part)
            y, low, high = (quantity.of(part, column) for column in ("mean", "low", "high"))
            notes = tuple(
                f"{quantity.say(*values)}\n{_note(row, facts)}"
                for row, *values in zip(part, y, low, high, strict=True)
            )
            low, high = (interval_ends(part, ends) for ends in (low, high))
            made.append(Series(name, style, x, y, low, high, notes))
    return made


def _note(row: Record, facts: Facts) -> str:
    if row["size"] == "full":  # the density is that of the pruned network beside it
        return wording.several(float(row["replicates"]), "replicate")
    return note(float(row["density"]), facts, row)
