"""Draws the pictures of the glossary, of the walk of a cell and of the architecture.

  python docs/concepts.py

The pictures with numbers are drawn from the rows of the default job, docs/results/digits.parquet.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

HERE = Path(__file__).parent
FIGURES, ROWS = HERE / "figures", HERE / "results" / "digits.parquet"

BLUE, ORANGE, GREY, PALE = "#3f51b5", "#e65100", "#757575", "#e0e0e0"

CELL = {"algorithm": "lrr", "noise_rate": 0.4, "seed": 20}
"""The cell that docs/walk.md follows."""


def bare(axes: Axes) -> Axes:
    """Axes without a frame, for drawings."""
    axes.axis("off")
    return axes


def framed(axes: Axes, title: str) -> Axes:
    """Axes with a title and no more of a frame than is needed."""
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def boxes(axes: Axes, place: tuple[float, float], shape: tuple[int, int], marked: set) -> None:
    """A table of boxes, the marked ones (row, column) in colour; `place` is its lower left."""
    rows, columns = shape
    for row in range(rows):
        for column in range(columns):
            corner = (place[0] + column, place[1] + rows - 1 - row)
            colour = BLUE if (row, column) in marked else PALE
            axes.add_patch(Rectangle(corner, 0.86, 0.86, color=colour))


def grid() -> Figure:
    """A grid, one cell of it, and the rounds of this cell."""
    figure = Figure(figsize=(8.4, 2.45))
    axes = bare(figure.add_axes((0, 0, 1, 1)))
    axes.set(xlim=(-6.2, 25), ylim=(-2.2, 5.2), aspect="equal")
    names = ("lrr", "weight_rewinding", "extended_dense")
    for row, name in enumerate(names):
        axes.text(-0.3, 2.43 - row, name, ha="right", va="center", family="monospace", size=8)
    for place, rate in ((0, "no noise"), (4, "40 % noise")):
        boxes(axes, (place, 0), (3, 3), {(0, 0)} if place else set())
        axes.text(place + 1.43, 3.3, rate, ha="center", size=8)
        for seed in range(3):
            axes.text(place + seed + 0.43, -0.6, str(seed), ha="center", size=8, color=GREY)
    axes.text(-0.3, -0.6, "seed", ha="right", size=8, color=GREY)
    axes.text(3.4, 4.5, "the grid: algorithms x noise rates x seeds", ha="center", size=9)
    axes.annotate(
        "", (9.6, 2.43), (5.1, 2.43), arrowprops={"arrowstyle": "->", "color": BLUE, "lw": 1.5}
    )
    for round_ in range(5):
        side = 2.4 * 0.8 ** (round_ / 2)
        axes.add_patch(Rectangle((10 + 3 * round_, 2.43 - side / 2), side, side, color=BLUE))
        axes.text(11.2 + 3 * round_, 0.5, f"round {round_}", ha="center", size=8)
        axes.text(
            11.2 + 3 * round_, -0.3, f"{100 * 0.8**round_:.0f} %", ha="center", size=8, color=GREY
        )
    axes.text(17.2, 4.5, "one cell: the rounds of one network", ha="center", size=9)
    axes.text(17.2, -1.4, "the weights that remain: its density", ha="center", size=8, color=GREY)
    axes.text(3.4, -1.7, "a cell: one algorithm at one noise rate, one seed", ha="center", size=8)
    return figure


def rewinds() -> Figure:
    """The learning rate over three rounds under each way to start again."""
    figure = Figure(figsize=(8.4, 4.2), layout="constrained")
    every = figure.subplots(2, 2, sharey=True)
    step = np.linspace(0, 1, 100)
    rate = 0.5 * (1 + np.cos(np.pi * step))
    kinds = {
        "lrr: the trained weights, the whole schedule": (0.0, "trained"),
        "lottery: the weights of initialisation": (0.0, "initial"),
        "weight_rewinding: the weights of an early step": (0.25, "early"),
        "finetune: the trained weights, the last rate": (1.0, "trained"),
    }
    for axes, (title, (start, weights)) in zip(every.flat, kinds.items(), strict=True):
        framed(axes, title).set(xticks=[], yticks=[], ylim=(-0.08, 1.3), xlim=(0, 3.1))
        axes.plot(step, rate, color=GREY)
        axes.text(0.5, 1.14, "round 0", ha="center", size=8, color=GREY)
        for round_ in (1, 2):
            kept = step >= start if start < 1 else step >= 0
            own = rate[kept] if start < 1 else np.full(100, 0.02)
            axes.plot(round_ + step[kept], own, color=BLUE)
            axes.axvline(round_, color=PALE, zorder=0)
            axes.text(round_ + 0.5, 1.14, f"round {round_}: {weights}", ha="center", size=8)
        axes.set_ylabel("learning rate", size=8)
    return figure


def scope() -> Figure:
    """Which weights go where all compete, and where each layer loses the same share."""
    figure = Figure(figsize=(8.4, 2.6), layout="constrained")
    rng = np.random.default_rng(3)
    sizes = np.concatenate([np.abs(rng.normal(0, 0.5, 24)), np.abs(rng.normal(0, 1.2, 12))])
    layers = (slice(0, 24), slice(24, 36))
    every = {"scope=global: all weights compete": [np.quantile(sizes, 0.5)] * 2}
    own = [np.quantile(sizes[layer], 0.5) for layer in layers]
    every["scope=layerwise: half of each layer"] = own
    for axes, (title, limits) in zip(
        figure.subplots(1, 2, sharey=True), every.items(), strict=True
    ):
        framed(axes, title).set(xticks=[11.5, 30.5], yticks=[], ylabel="size of the weight")
        axes.set_xticklabels(["layer 1", "layer 2"])
        for place, layer, limit in zip((0, 25), layers, limits, strict=True):
            values = sizes[layer]
            x = place + np.arange(len(values))
            axes.bar(x, values, color=np.where(values > limit, BLUE, PALE))
            axes.plot([x[0] - 0.6, x[-1] + 0.6], [limit, limit], color=ORANGE)
    return figure


def curve() -> Figure:
    """The range of an algorithm on noisy labels, with the words for its parts."""
    rows = pd.read_parquet(ROWS)
    own = rows[(rows["algorithm"] == "weight_rewinding") & (rows["noise_rate"] == 0.4)]
    mean = 100 * own.groupby("density")["test_accuracy"].mean()
    mean = mean[own.groupby("density")["seed"].nunique() == own["seed"].nunique()]
    figure = Figure(figsize=(8.4, 3.3), layout="constrained")
    axes = framed(figure.subplots(), "Test accuracy in %, weight rewinding, 40 % of labels wrong")
    axes.plot(100 * mean.index, mean, color=BLUE, marker="o", ms=3)
    axes.axhline(mean[1.0], color=GREY, lw=0.8, ls="--")
    axes.set(
        xscale="log", xlim=(130, 0.004), xlabel="density: the share of weights that remain, in %"
    )
    axes.set_xticks([100, 10, 1, 0.1, 0.01], ["100", "10", "1", "0.1", "0.01"])
    axes.minorticks_off()
    peak = mean.idxmax()
    valley = mean[mean.index > peak].idxmin()
    for name, at, shift, side in (
        ("dense network (round 0)", 1.0, (-4, 8), "left"),
        ("valley", valley, (0, -16), "center"),
        ("peak", peak, (0, 8), "center"),
        ("collapse", mean.index.min(), (0, 12), "right"),
    ):
        point = (100 * at, mean[at])
        axes.annotate(name, point, shift, textcoords="offset points", ha=side, color=ORANGE)
    return figure


def walk() -> Figure:
    """What became of the cell that docs/walk.md follows, round by round."""
    rows = pd.read_parquet(ROWS)
    own = rows[np.logical_and.reduce([rows[k] == v for k, v in CELL.items()])].sort_values("round")
    figure = Figure(figsize=(8.4, 3.3), layout="constrained")
    axes = framed(figure.subplots(), "The cell lrr, noise 0.4, seed 20 of the default job, in %")
    shown = {
        "test_accuracy": ("test accuracy", BLUE),
        "noisy_accuracy": ("wrong labels that are fitted", ORANGE),
        "noisy_recovered": ("wrong labels whose truth is predicted", GREY),
    }
    for column, (name, colour) in shown.items():
        axes.plot(own["round"], 100 * own[column], color=colour, label=name)
    axes.set(xlabel="round", ylim=(0, 109))
    above = axes.secondary_xaxis("top")
    ticks = own["round"].to_numpy()[::5]
    above.set_xticks(ticks, [f"{float(f'{100 * 0.8**tick:.2g}'):g} %" for tick in ticks])
    axes.spines["top"].set_visible(True)
    axes.set_title(axes.get_title(loc="left"), loc="left", fontsize=10, pad=22)
    axes.legend(frameon=False, fontsize=8, loc="center left")
    return figure


WAY = {
    "experiment/config.py": ("defaults(): a ConfigDict", (0, 0)),
    "experiment/reading.py": ("prune_fraction → densities", (0, 1)),
    "grid/resolve.py": ("an Experiment", (0, 2)),
    "grid/groups.py": ("cells → groups", (0, 3)),
    "grid/queue.py": ("the longest that nobody works on", (0, 4)),
    "grid/at_work.py": ("a group at work in a workdir", (1, 4)),
    "pruning/rounds.py": ("the driver: Moments", (1, 3)),
    "training/fit.py": ("train", (1, 2)),
    "training/evaluation.py": ("evaluate", (1, 1)),
    "pruning/prune.py": ("score; density → count → Mask", (1, 0)),
    "pruning/restart.py": ("rewind", (2, 0)),
    "grid/metrics.py": ("a row, the examples", (2, 2)),
    "workdir/cellfiles.py": ("rounds.parquet, masks/, examples.npz", (2, 3)),
    "analysis/, reporting/": ("tables, verdicts, report.html", (2, 4)),
}
"""The modules on the way of a parameter: what is there, and the place in the picture."""

ARROWS = (
    *("01", "12", "23", "34", "45", "56", "67", "78", "89", "9a"),
    *("a7", "8b", "bc", "cd"),
)
"""From which to which of these, as hexadecimal numbers."""


def way() -> Figure:
    """The way of a parameter through the program."""
    figure = Figure(figsize=(8.4, 4.4))
    axes = bare(figure.add_axes((0, 0, 1, 1)))
    axes.set(xlim=(-1.45, 7.85), ylim=(-4.45, 0.45))
    middle = [(3.2 * column, -row) for _, (column, row) in WAY.values()]
    for (x, y), (module, (what, _)) in zip(middle, WAY.items(), strict=True):
        axes.add_patch(Rectangle((x - 1.3, y - 0.3), 2.6, 0.6, facecolor="#eef0fa", edgecolor=BLUE))
        axes.text(x, y + 0.1, module, ha="center", va="center", family="monospace", size=8)
        axes.text(x, y - 0.13, what, ha="center", va="center", size=7.5, color=GREY)
    for pair in ARROWS:
        (x, y), (to_x, to_y) = (middle[int(end, 16)] for end in pair)
        across, down = np.sign(to_x - x), np.sign(to_y - y) * (to_x == x)
        start, stop = (x + 1.3 * across, y + 0.3 * down), (to_x - 1.3 * across, to_y - 0.3 * down)
        axes.annotate("", stop, start, arrowprops={"arrowstyle": "->", "color": BLUE})
    return figure


if __name__ == "__main__":
    mpl.rcParams |= {"svg.hashsalt": "pruning_jax", "font.size": 9, "svg.fonttype": "path"}
    for draw in (grid, rewinds, scope, curve, walk, way):
        target = FIGURES / f"{draw.__name__}.svg"
        draw().savefig(target, metadata={"Date": None}, facecolor="white")
