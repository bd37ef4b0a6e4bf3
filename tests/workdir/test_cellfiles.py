"""A cell's files as they are written, round by round, and whether anything is left to do."""

import dataclasses

import numpy as np
import pytest

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import cellfiles, manifest, paths, saved
from pruning_jax.workdir.cellfiles import CellFiles, Finished, ended_in, nothing_left
from pruning_jax.workdir.columns import SCHEMA
from pruning_jax.workdir.manifest import States
from pruning_jax.workdir.saved import Saved

NO_STATES = States({}, {}, {}, {})
CELL = Cell("lrr", 0.15, 3)
LRR = Algorithm("lrr", (1.0, 0.8, 0.64))


def row(cell, round_, **changes):
    """A row of a round."""
    values = {"algorithm": cell.algorithm, "noise_rate": cell.noise_rate, "seed": cell.seed}
    return {**dict.fromkeys(SCHEMA.names), **values, "round": round_, "diverged": False, **changes}


def add(files, round_, value, network=None, **changes):
    """Writes a round, of which `value` tells where it came from."""
    examples = {
        "label": np.arange(4),
        "train_loss": np.full(4, value, np.float32),
        "correct": np.arange(4) < round_,
        "test_prediction": np.arange(5, dtype=np.uint16),
    }
    mask = {"Dense_0/kernel": np.arange(6) >= round_}
    made = Finished(row(files.cell, round_, **changes), mask, examples, NO_STATES, network)
    files.add(made, manifest.origin("", files.cell))


def losses(workdir):
    with np.load(paths.examples(workdir, CELL), allow_pickle=False) as examples:
        return examples["train_loss"][:, 0].tolist()


def test_rounds_are_added_and_read_again(tmp_path):
    files = CellFiles(tmp_path, CELL)
    assert not files.has(0)
    for round_ in range(2):
        add(files, round_, float(round_))
        again = CellFiles(tmp_path, CELL)
        assert again.rows == files.rows
        assert [again.has(r) for r in range(3)] == [True, round_ > 0, False]
    assert losses(tmp_path) == [0, 1]
    mask = cellfiles.read_mask(tmp_path, CELL, 1)
    assert mask["Dense_0/kernel"].tolist() == [False, True, True, True, True, True]
    assert not (paths.cell(tmp_path, CELL) / "params").exists()


def test_of_pruned_layers_only_the_weights_that_remain_are_saved(tmp_path):
    network = Saved(
        {
            "Dense_0/kernel": np.array([0, 0, 1, 2, 0, 4], np.float32),
            "Dense_0/bias": np.ones(3, "f"),
        },
        {"BatchNorm_0/mean": np.array([7], np.float32)},
    )
    files = CellFiles(tmp_path, CELL)
    for round_ in range(3):
        add(files, round_, 0.0, network)
    with np.load(paths.params(tmp_path, CELL, 2), allow_pickle=False) as file:
        assert {name: array.tolist() for name, array in file.items()} == {
            "Dense_0/kernel": [1, 2, 0, 4],
            "Dense_0/bias": [1, 1, 1],
            "statistics/BatchNorm_0/mean": [7],
        }
    again = saved.read(paths.params(tmp_path, CELL, 2), cellfiles.read_mask(tmp_path, CELL, 2))
    for found, own in zip(again, network, strict=True):
        assert {n: a.tolist() for n, a in found.items()} == {n: a.tolist() for n, a in own.items()}


def test_a_round_that_is_made_again_takes_the_later_ones_away(tmp_path):
    files = CellFiles(tmp_path, CELL)
    for round_ in range(3):
        add(files, round_, float(round_))
    again = CellFiles(tmp_path, CELL)
    again.forget()
    add(again, 1, 7.0)
    assert losses(tmp_path) == [0, 7]
    assert [r["round"] for r in CellFiles(tmp_path, CELL).rows] == [0, 1]


def test_a_seed_in_the_path_is_no_partition(tmp_path):
    """pyarrow's own read_table takes `seed=3` for a column, of another type than the file's."""
    add(CellFiles(tmp_path, CELL), 0, 0.0)
    table = cellfiles.read_table(paths.rounds(tmp_path, CELL))
    assert table.schema.equals(SCHEMA)
    assert table["seed"].to_pylist() == [3]


def test_the_union_is_sorted_and_has_all_cells(tmp_path):
    cells = [
        Cell(name, rate, seed) for name in ("b", "a") for rate in (0.5, 0.0) for seed in (10, 9)
    ]
    for cell in cells:
        files = CellFiles(tmp_path, cell)
        for round_ in range(2):
            add(files, round_, 0.0)
    left = tmp_path / ".rounds.parquet.123.tmp"
    left.touch()
    found = cellfiles.unite(tmp_path)
    keys = [*zip(*(found[n] for n in ("algorithm", "noise_rate", "seed", "round")), strict=True)]
    assert keys == sorted((*cell, r) for cell in cells for r in range(2))
    assert cellfiles.read_table(paths.union(tmp_path)).num_rows == len(keys)
    assert not left.exists()


@pytest.mark.parametrize(
    ("own", "giver", "finished"),
    [
        ("", "", False),
        ("..", "", False),
        ("...", "", True),  # all its rounds
        (".d", "", True),  # it diverged
        (".c", "", False),  # once may be chance
        (".cc", "", True),
        ("cc", "", True),
        ("..", "...", False),
        (".", ".d", False),  # there is a mask for one more round
        ("..", ".d", True),  # there is none
        ("", "d", False),  # round 0 needs no mask
        (".", "d", True),
        (".", "cc", False),
        ("..", "cc", True),
    ],
)
def test_when_nothing_is_left(own, giver, finished, tmp_path):
    """Of each round: it diverged (d), it ended with a collapsed network (c), or neither (.)."""
    lrr = dataclasses.replace(LRR, collapsed=0.15)
    lottery = dataclasses.replace(lrr, name="lottery", masks_from="lrr")
    cells = {CELL._replace(algorithm="lottery"): own, CELL: giver}
    files = {}
    for cell, rounds in cells.items():
        files[cell] = CellFiles(tmp_path, cell)
        files[cell].rows = [
            row(cell, r, diverged=how == "d", clean_accuracy=FOUND[how])
            for r, how in enumerate(rounds)
        ]
    ended = [ended_in(lrr, files[cell].rows) for cell in cells]
    assert nothing_left(*ended) == finished
    algorithms = {"lrr": lrr, "lottery": lottery}
    found = cellfiles.finished(files, CELL._replace(algorithm="lottery"), algorithms.__getitem__)
    assert found == finished


FOUND = {"d": float("nan"), "c": 0.15, ".": 0.2}
"""The accuracy on clean examples after a round that diverged, collapsed, or did neither."""


def test_without_the_rule_nothing_collapses():
    """An accuracy of 0 is no reason to end; the last round is."""
    rows = [row(CELL, r, clean_accuracy=0.0) for r in range(3)]
    assert ended_in(LRR, rows) == [False, False, True]
