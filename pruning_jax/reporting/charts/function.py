"""Agreement with the dense network on several examples, and calibration."""

import numpy as np

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart, Frame
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, Quantity, frames
from pruning_jax.reporting.over_seeds import over_seeds
from pruning_jax.reporting.tabular import Record, grouped, pick

AGREEMENT = Quantity("agreement", "%", 100.0, axis=axes.percentage)
ECE = Quantity("calibration error", "%", 100.0, axis=axes.percentage)
NLL = Quantity("negative log-likelihood", "nats", axis=axes.logarithmic, shared=False)

FIFTHS = 5
"""The groups by EL2N that are shown are the first and the last of so many."""


def function(tables: Tables, facts: Facts) -> Chart:
    """Four rows of frames for agreement, on several examples, and two for calibration."""
    every = tabular.read(tables, "explored/function")
    easiest, hardest = _ends(pick(every, examples="el2n"))
    agreement = {
        "test examples": pick(every, examples="test"),
        "the easiest fifth of the training examples, by EL2N": easiest,
        "the hardest fifth of the training examples, by EL2N": hardest,
        "noisy training examples": pick(every, examples="noisy"),
    }
    test = agreement["test examples"]
    return Chart(
        "Function space: agreement with the dense network, and calibration",
        "Agreement is the share of examples for which a network predicts the class that the dense "
        "network of the same cell predicts, right or wrong. An algorithm that keeps all weights "
        "shows how far training alone moves predictions. The calibration error says how far the "
        "confidence of predictions is from their accuracy. Each point is the mean over seeds of a "
        f"round, with a 95 % interval. {FEW}",
        (
            *(
                frame
                for title, rows in agreement.items()
                for frame in frames(
                    f"agreement: {title}", over_seeds(rows, "agreement"), AGREEMENT, facts
                )
            ),
            *_of_test("calibration", test, "ece", ECE, facts),
            *_of_test("likelihood", test, "nll", NLL, facts),
        ),
        "No network was explored.",
        ("explored/function",),
    )


def _of_test(
    title: str, rows: list[Record], column: str, quantity: Quantity, facts: Facts
) -> list[Frame]:
    return frames(f"{title}: test examples", over_seeds(rows, column), quantity, facts)


def _ends(rows: list[Record]) -> tuple[list[Record], list[Record]]:
    """The means over the first fifth of the groups of each network, and over the last one."""
    first: list[Record] = []
    last: list[Record] = []
    for own in grouped(rows, "algorithm", "noise_rate", "seed", "round").values():
        own.sort(key=lambda row: int(row["group"]))
        many = max(1, len(own) // FIFTHS)
        for part, made in ((own[:many], first), (own[-many:], last)):
            sizes = [float(row["count"]) for row in part]
            agreement = np.average([float(row["agreement"]) for row in part], weights=sizes)
            made.append({**part[0], "agreement": float(agreement)})
    return first, last
