"""Figures of tables, in matplotlib."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from pruning_jax.analysis import summary
from pruning_jax.results import replace

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Told apart by the colour-blind (Okabe & Ito 2008)."""

MARKERS = "osD^vPX*"
LINES = ("-", "--", "-.", ":")


def accuracy(rows: Any) -> Figure:
    """Test accuracy against density: one panel per noise rate, one line per algorithm with
    its 95 % interval over seeds. Algorithms that keep every weight are drawn against the
    density that pruning has in the same round."""
    means: Any = summary.over_seeds(rows)
    rates = sorted(means["noise_rate"].unique())
    names = sorted(means["algorithm"].unique())
    by_round = means.groupby("round")["density"].min()
    figure = Figure(figsize=(4.2 * len(rates) + 0.6, 4.4), layout="constrained")
    axes = figure.subplots(1, len(rates), squeeze=False)[0]
    for axis, rate in zip(axes, rates, strict=True):
        for name, part in means[means["noise_rate"] == rate].groupby("algorithm"):
            i = names.index(name)
            unpruned = part["round"].max() > 0 and part["density"].min() == 1
            density = part["round"].map(by_round) if unpruned else part["density"]
            style = {"color": COLOURS[i % 8], "marker": MARKERS[i % 8], "linestyle": LINES[i % 4]}
            label = f"{name} (same rounds, all weights)" if unpruned else str(name)
            axis.plot(density, 100 * part["mean"], label=label, markersize=4, **style)
            axis.fill_between(
                density, 100 * part["low"], 100 * part["high"], color=COLOURS[i % 8], alpha=0.15
            )
        axis.set_xscale("log")
        axis.set_xlim(1.15, 0.85 * means["density"].min())
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(FuncFormatter(_percent))
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_xlabel("density: weights remaining (%)")
        axis.set_title(f"{rate:.0%} label noise")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("test accuracy (%)")
    legend = {
        label: handle
        for axis in axes
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        legend.values(), legend.keys(), loc="outside lower center", ncols=4, frameon=False
    )
    return figure


def _percent(density: float, position: int | None = None) -> str:
    return f"{100 * density:.3g}"


def save(figure: Figure, path: Path) -> None:
    """Writes a figure whole or not at all; as PNG with 150 dots per inch."""
    replace(path, lambda file: figure.savefig(file, dpi=150, format=path.suffix[1:]))
