"""Charts with density along the bottom."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pruning_jax.charts import Chart, Panel, Series, Style, axes
from pruning_jax.charts.facts import Facts, note, pick
from pruning_jax.charts.lines import ERROR, POINTS, RATIO, Quantity, Tables, panels, series


def measure(tables: Tables, name: str) -> Any:
    """The curves of one measured column."""
    return pick(tables["curves"], measure=name)


def narrower(tables: Tables, facts: Facts) -> Callable[[float], list[Series]]:
    """The dense networks of fewer units, where pruned ones have as many weights."""
    table = tables.get("augmented")

    def at(rate: float) -> list[Series]:
        if table is None or table.empty or not facts.weights:
            return []
        part = pick(table, noise_rate=rate, round=0).rename(columns={"test_accuracy": "mean"})
        part = part.assign(
            density=part["weights_total"] / facts.weights,
            words=[f"width {width:.3g}" for width in part["width"]],
        )
        if part["width"].nunique() < 2:
            return []
        found = series(part.drop(columns="round"), ERROR, facts, "")
        k = len(facts.algorithms)
        return [replace(found, name="dense, fewer units", style=Style(k, k, k, hollow=True))]

    return at


def test_error(tables: Tables, facts: Facts) -> Chart:
    """Test error over density."""
    table = measure(tables, "test_accuracy")
    return Chart(
        "test_error",
        "Test error",
        "Mean over seeds with its interval; the thin line is the dense network. Networks with "
        "fewer units stand where pruned ones have as many weights, those that keep all weights "
        "where pruning is after as much training. Long intervals leave the frame.",
        tuple(with_dense(panels("", table, ERROR, facts, narrower(tables, facts)), table)),
        ("curves", "augmented"),
    )


def with_dense(made: list[Panel], table: Any) -> list[Panel]:
    """Panels of test error with a line at that of the dense network."""
    dense = pick(table, round=0, density=1.0).groupby("noise_rate")["mean"].first()
    return [
        replace(one, reference=100 - 100 * float(dense[one.noise_rate]))
        if one.noise_rate in dense
        else one
        for one in made
    ]


def accuracy(curves: Any, facts: Facts) -> Chart:
    """Test accuracy over density."""
    quantity = Quantity("test accuracy (%)", 100.0)
    made = panels("", curves, quantity, facts)
    return Chart("accuracy", "Test accuracy", "", tuple(made))


def training_loss(tables: Tables, facts: Facts) -> Chart:
    """Training loss relative to the dense network."""
    return Chart(
        "training_loss",
        "Training loss relative to the dense network",
        "Ratio of the training losses of the same seed, geometric mean with its interval. Below "
        "the line the network is trained better than the dense one.",
        tuple(panels("", tables["relative_loss"], RATIO, facts)),
        ("relative_loss",),
    )


def degradation(tables: Tables, facts: Facts) -> Chart:
    """Accuracy degradation due to noisy examples."""
    return Chart(
        "degradation",
        "Accuracy degradation due to noisy examples",
        "Test accuracy of the same algorithm trained without the noisy examples, minus its test "
        "accuracy with them, in percentage points. Less is more regularized.",
        tuple(panels("", tables["degradation"], POINTS, facts)),
        ("degradation",),
    )


MEMORY = {
    "clean_accuracy": "examples with their true label",
    "noisy_accuracy": "noisy examples, given labels",
    "noisy_recovered": "noisy examples, true labels",
}


def memorisation(tables: Tables, facts: Facts) -> Chart:
    """Accuracy on clean and noisy training examples, over rounds."""
    table, made = tables["memorisation"], []
    for name, title in MEMORY.items():
        part = pick(table, measure=name)
        made += panels(title, part[part["mean"].notna()], Quantity("accuracy (%)", 100.0), facts)
    return Chart(
        "memorisation",
        "Memorised and recovered labels, over the rounds of pruning",
        "Accuracy on training examples: whose label is true; whose label is wrong, against that "
        "wrong label (memorised) and against the true one (recovered). Each point is a round.",
        tuple(made),
        ("memorisation",),
    )


def descent(tables: Tables, facts: Facts) -> Chart:
    """Double descent, with the distance from initialisation beside it."""

    def features(rate: float) -> list[Series]:
        at = pick(tables["descent"], noise_rate=rate)
        return [
            feature(part, facts, str(key[0]), str(key[1]))
            for key, part in at.groupby(["algorithm", "feature"], sort=False)
            if key[0] in facts.algorithms
        ]

    error = panels("test error", measure(tables, "test_accuracy"), ERROR, facts, features)
    far = Quantity("distance (L2)", axis=axes.linear)
    distance = measure(tables, "distance")
    moved = panels(
        "distance of the weights from initialisation",
        distance[distance["mean"].notna()],
        far,
        facts,
    )
    return Chart(
        "descent",
        "Double descent and the distance from initialisation",
        "Test error over the whole range of density; hollow triangles mark the peak (up) and the "
        "valley (down) of an algorithm with the intervals of their place and height.",
        (*error, *moved),
        ("descent", "curves"),
    )


def feature(part: Any, facts: Facts, algorithm: str, name: str) -> Series:
    """A peak or a valley of an algorithm."""
    style = replace(
        facts.style(algorithm),
        marker=3 if name == "peak" else 4,
        line=False,
        band=False,
        hollow=True,
    )
    y, low, high = (
        tuple(100 * part[f"test_error{end}"].astype(float)) for end in ("", "_low", "_high")
    )
    x, x_low, x_high = (tuple(part[f"density{end}"].astype(float)) for end in ("", "_low", "_high"))
    notes = tuple(f"{name}\n{note(row.density, facts, row)}" for row in part.itertuples())
    label = f"{name}: {algorithm}"
    return Series(label, style, x, y, low, high, notes, algorithm, x_low, x_high)
