"""verify: a real run passes; after tampering with its files exactly one kind of check fails."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import processes
import pyarrow.parquet as pq
import pytest

from pruning_jax.experiment import record
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import cellfiles, examine, recorded
from pruning_jax.workdir.columns import OVER_ROUNDS

ALGORITHMS = ("lrr", "random", "lottery", "reinit", "shuffled")
"""With the criteria of the reference run, whose compiled programs serve here."""
LRR = Cell("lrr", 0.3, 0)
LAYERS = ("Dense_0/kernel", "Dense_1/kernel", "Dense_2/kernel")  # the last one is excluded
CELLS, ROUNDS = 10, 3


def verify(workdir: Path, *arguments: str) -> subprocess.CompletedProcess:
    return processes.run(f"--workdir={workdir}", *arguments, command="verify")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A run with excluded layers, masks of another algorithm, and parameters saved."""

    def make(folder: Path) -> None:
        done = processes.train(
            folder,
            grid__algorithms=ALGORITHMS,
            grid__noise_rates=(0.1, 0.3),
            exclude=("Dense_2",),
            save__params=True,
        )
        assert done.returncode == 0, done.stderr

    return processes.once(tmp_path_factory, "verified", make)


@pytest.fixture
def workdir(finished, tmp_path) -> Path:
    """A copy of the run."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def violations(workdir: Path) -> dict[str, list[str]]:
    """What verify finds, by kind of check."""
    found = examine.examine(workdir).found
    return {
        name: wrong for name, messages in found.items() if (wrong := [m for m in messages if m])
    }


def arrays(path: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    """Changes an .npz file."""
    with np.load(path) as file:
        content = dict(file)
    change(content)
    np.savez(path, **content)


def rows(workdir: Path, cell: Cell, change: Callable[[list[dict]], object]) -> None:
    """Changes a cell's rows, and the union with them."""
    path = workdir / cell.folder / "rounds.parquet"
    content = pq.ParquetFile(path).read().to_pylist()
    change(content)
    cellfiles.write_rows(path, content)
    cellfiles.unite(workdir)


def mean(values: np.ndarray) -> float:
    return float(values.mean(dtype=float)) if values.size else float("nan")


def renew(workdir: Path, cell: Cell) -> None:
    """Makes a cell's rows fit its arrays."""
    with np.load(workdir / cell.folder / "examples.npz") as file:
        examples = dict(file)
    noisy = examples["label"] != examples["true_label"]

    def change(content: list[dict]) -> None:
        for r, row in enumerate(content):
            correct = examples["correct"][r]
            row["train_loss"] = mean(examples["train_loss"][r])
            row["noise_realised"] = mean(noisy)
            row["train_accuracy"] = mean(correct)
            row["clean_accuracy"], row["noisy_accuracy"] = (
                mean(correct[~noisy]),
                mean(correct[noisy]),
            )
            row["noisy_recovered"] = 0.0 if noisy.any() else float("nan")
            row["train_true_accuracy"] = correct[~noisy].sum() / correct.size

    rows(workdir, cell, change)


def swap(workdir: Path, cell: Cell, since: int, rounds: tuple[int, ...], lost: str, gained: str):
    """Prunes a weight of the layer `lost` and brings one of `gained` back, in some rounds.

    The latter was pruned in the round `since` already.
    """
    masks = {r: workdir / cell.folder / "masks" / f"round_{r:02d}.npz" for r in (since, *rounds)}
    with np.load(masks[rounds[-1]]) as last, np.load(masks[since]) as before:
        prune, revive = np.flatnonzero(last[lost])[0], np.flatnonzero(~before[gained])[0]

    def change(mask: dict[str, np.ndarray]) -> None:
        mask[lost].flat[prune], mask[gained].flat[revive] = False, True

    for path in (masks[r] for r in rounds):
        arrays(path, change)
        saved = path.parent.parent / "params" / path.name
        arrays(saved, lambda params: params[lost].__setitem__(_at(params[lost], prune), 0))


def _at(array: np.ndarray, position: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(position, array.shape))


# One function for each way to tamper: it returns the file that verify must name.


def hash_of_the_configuration(workdir):
    path = workdir / "config.json"
    path.write_text(path.read_text().replace('"epochs": 2', '"epochs": 3'))
    return path


def unreadable_configuration(workdir):
    path = workdir / "config.json"
    path.write_text(path.read_text()[:100])
    return path


def foreign_configuration(workdir):
    path = workdir / "config.json"
    path.write_text('{"experiment": {"what": 1}, "hash": ""}')
    return path


def truncated_examples(workdir):
    path = workdir / LRR.folder / "examples.npz"
    path.write_bytes(path.read_bytes()[:1000])
    return path


def examples_without_an_array(workdir):
    path = workdir / LRR.folder / "examples.npz"
    arrays(path, lambda a: a.pop("el2n"))
    return path


def examples_of_another_size(workdir):
    path = workdir / LRR.folder / "examples.npz"
    arrays(path, lambda a: a.update(correct=a["correct"][:, 1:]))
    return path


def examples_without_the_last_round(workdir):
    path = workdir / LRR.folder / "examples.npz"
    arrays(path, lambda a: a.update(correct=a["correct"][:-1]))
    return path


def predictions_of_another_network(workdir):
    path = workdir / LRR.folder / "examples.npz"
    arrays(path, lambda a: a["test_prediction"][1].__iadd__(1))
    return workdir / LRR.folder / "rounds.parquet"


def labels_of_another_order(workdir):
    def change(a):
        a["test_label"] = a["test_label"][::-1]
        a["test_prediction"] = a["test_prediction"][:, ::-1]

    path = workdir / LRR._replace(algorithm="reinit").folder / "examples.npz"
    arrays(path, change)
    return path


def missing_mask(workdir):
    path = workdir / LRR.folder / "masks" / "round_01.npz"
    path.unlink()
    return path


def mask_of_floats(workdir):
    path = workdir / LRR.folder / "masks" / "round_01.npz"
    arrays(path, lambda a: a.update({LAYERS[0]: a[LAYERS[0]].astype(np.float32)}))
    return path


def mask_without_a_layer(workdir):
    path = workdir / LRR.folder / "masks" / "round_02.npz"
    arrays(path, lambda a: a.pop(LAYERS[0]))
    return path


def table_of_something_else(workdir):
    path = workdir / LRR.folder / "rounds.parquet"
    table = pq.ParquetFile(path).read()
    pq.write_table(table.drop_columns(["density"]), path)
    return path


def table_of_strings(workdir):
    path = workdir / LRR.folder / "rounds.parquet"
    table = pq.ParquetFile(path).read()
    at = table.schema.get_field_index("density")
    pq.write_table(table.set_column(at, "density", table["density"].cast("string")), path)
    return path


def no_table(workdir):
    path = workdir / LRR.folder / "rounds.parquet"
    path.write_text("no parquet")
    return path


def foreign_cell(workdir):
    path = workdir / "cells" / "lrr" / "noise=0.7" / "seed=0"
    path.mkdir(parents=True)
    return path


def gap_in_the_rounds(workdir):
    rows(workdir, LRR, lambda content: content.pop(1))
    return workdir / LRR.folder / "rounds.parquet"


def round_after_a_diverged_one(workdir):
    rows(workdir, LRR, lambda content: content[1].update(diverged=True))
    return workdir / LRR.folder / "rounds.parquet"


def round_after_a_collapsed_one(workdir):
    """By the rule that config.json has: then its second round of these is the last."""
    path = workdir / "config.json"
    content = json.loads(path.read_text())
    content["experiment"]["algorithms"]["lrr"]["collapsed"] = 1.0
    path.write_text(json.dumps(content))
    experiment = recorded.described(workdir).experiment
    path.write_text(json.dumps({**content, "hash": record.digest(experiment)}))
    return workdir / LRR.folder / "rounds.parquet"


def round_too_many(workdir):
    masks = workdir / LRR.folder / "masks"
    shutil.copy(masks / "round_02.npz", masks / "round_03.npz")
    path = workdir / LRR.folder / "examples.npz"
    arrays(path, lambda a: a.update({n: a[n][[0, 1, 2, 2]] for n in OVER_ROUNDS}))
    rows(workdir, LRR, lambda content: content.append({**content[-1], "round": 3}))
    return workdir / LRR.folder / "rounds.parquet"


def row_of_another_cell(workdir):
    rows(workdir, LRR, lambda content: content[1].update(seed=1))
    union = workdir / "rounds.parquet"  # it is not what this is about
    content = pq.ParquetFile(union).read().to_pylist()
    cellfiles.write_rows(union, [r for r in content if r["seed"] == 0])
    return workdir / LRR.folder / "rounds.parquet"


def weights_remaining(workdir):
    rows(workdir, LRR, lambda content: content[2].update(weights_remaining=7))
    return workdir / LRR.folder / "rounds.parquet"


def density(workdir):
    rows(workdir, LRR, lambda content: content[1].update(density=0.8001))
    return workdir / LRR.folder / "rounds.parquet"


def other_densities(workdir):
    path = workdir / "config.json"
    content = json.loads(path.read_text())
    content["experiment"]["algorithms"]["lrr"]["densities"][2] = 0.5
    path.write_text(json.dumps(content))
    content["hash"] = record.digest(recorded.described(workdir).experiment)
    path.write_text(json.dumps(content))
    return workdir / LRR.folder / "masks" / "round_02.npz"


def weight_that_returns(workdir):
    swap(workdir, LRR, 1, (2,), LAYERS[0], LAYERS[0])
    return workdir / LRR.folder / "masks" / "round_02.npz"


def other_mask_than_its_source(workdir):
    cell = LRR._replace(algorithm="reinit")
    swap(workdir, cell, 1, (1,), LAYERS[0], LAYERS[0])
    return workdir / cell.folder / "masks" / "round_01.npz"


def other_counts_than_its_source(workdir):
    cell = LRR._replace(algorithm="shuffled")
    swap(workdir, cell, 2, (2,), LAYERS[0], LAYERS[1])
    return workdir / cell.folder / "masks" / "round_02.npz"


def pruned_in_an_excluded_layer(workdir):
    swap(workdir, LRR, 1, (1, 2), LAYERS[2], LAYERS[0])
    return workdir / LRR.folder / "masks" / "round_01.npz"


def pruned_weight_that_is_not_0(workdir):
    with np.load(workdir / LRR.folder / "masks" / "round_02.npz") as mask:
        at = _at(mask[LAYERS[1]], np.flatnonzero(~mask[LAYERS[1]])[0])
    path = workdir / LRR.folder / "params" / "round_02.npz"
    arrays(path, lambda params: params[LAYERS[1]].__setitem__(at, 1e-30))
    return path


def parameters_of_another_shape(workdir):
    path = workdir / LRR.folder / "params" / "round_01.npz"
    arrays(path, lambda params: params.update({LAYERS[1]: params[LAYERS[1]].T}))
    return path


def missing_parameters(workdir):
    path = workdir / LRR.folder / "params" / "round_01.npz"
    path.unlink()
    return path


def flag(workdir):
    path = workdir / LRR.folder / "examples.npz"
    arrays(path, lambda a: a["is_noisy"].__setitem__(5, not a["is_noisy"][5]))
    return path


def one_noisy_label_too_many(workdir):
    def change(a: dict[str, np.ndarray]) -> None:
        clean = np.flatnonzero(~a["is_noisy"])[0]
        a["is_noisy"][clean] = True
        a["label"][clean] = (a["true_label"][clean] + 1) % 10

    for name in ALGORITHMS:
        cell = LRR._replace(algorithm=name)
        arrays(workdir / cell.folder / "examples.npz", change)
        renew(workdir, cell)
    return workdir / LRR.folder / "examples.npz"


def noise_kind_says(workdir: Path, always_wrong: bool | None) -> None:
    """Writes into config.json whether a label drawn anew is never the true one."""
    path = workdir / "config.json"
    content = {**json.loads(path.read_text()), "noise_always_wrong": always_wrong}
    if always_wrong is None:
        del content["noise_always_wrong"]
    path.write_text(json.dumps(content))


def true_label_drawn_again(workdir: Path) -> Path:
    """As if noise had drawn the true label of an example, which is clean at the lower rate."""
    with np.load(workdir / Cell("lrr", 0.1, 0).folder / "examples.npz") as low:
        clean = ~low["is_noisy"]

    def change(a: dict[str, np.ndarray]) -> None:
        at = np.flatnonzero(a["is_noisy"] & clean)[0]
        a["is_noisy"][at] = False
        a["label"][at] = a["true_label"][at]

    for name in ALGORITHMS:
        cell = LRR._replace(algorithm=name)
        arrays(workdir / cell.folder / "examples.npz", change)
        renew(workdir, cell)
    return workdir / LRR.folder / "examples.npz"


def one_noisy_label_too_few(workdir):
    noise_kind_says(workdir, True)
    return true_label_drawn_again(workdir)


def noise_realised(workdir):
    rows(workdir, LRR, lambda content: content[0].update(noise_realised=0.2))
    return workdir / LRR.folder / "rounds.parquet"


def clean_accuracy(workdir):
    rows(workdir, LRR, lambda content: content[1].update(clean_accuracy=0.123))
    return workdir / LRR.folder / "rounds.parquet"


def train_true_accuracy(workdir):
    rows(workdir, LRR, lambda content: content[1].update(train_true_accuracy=0.123))
    return workdir / LRR.folder / "rounds.parquet"


def train_examples(workdir):
    rows(workdir, LRR, lambda content: content[1].update(train_examples=5))
    return workdir / LRR.folder / "rounds.parquet"


def train_loss(workdir):
    rows(workdir, LRR, lambda content: content[2].update(train_loss=0.5))
    return workdir / LRR.folder / "rounds.parquet"


def loss_that_is_not_finite(workdir):
    path = workdir / LRR.folder / "examples.npz"
    arrays(path, lambda a: a["train_loss"].__setitem__((2, 0), np.inf))
    rows(workdir, LRR, lambda content: content[2].update(train_loss=np.inf))
    return workdir / LRR.folder / "rounds.parquet"


def other_round_0(workdir):
    cell = LRR._replace(algorithm="reinit")
    path = workdir / cell.folder / "examples.npz"
    arrays(path, lambda a: a["train_loss"].__setitem__((0, 3), a["train_loss"][0, 3] + 1e-6))
    renew(workdir, cell)
    return path


def other_label(workdir):
    cell = LRR._replace(algorithm="reinit")

    def change(a: dict[str, np.ndarray]) -> None:
        noisy = np.flatnonzero(a["is_noisy"])[0]
        others = {*range(10)} - {int(a["label"][noisy]), int(a["true_label"][noisy])}
        a["label"][noisy] = min(others)

    arrays(workdir / cell.folder / "examples.npz", change)
    return workdir / cell.folder / "examples.npz"


def label_that_is_another_at_a_higher_rate(workdir):
    with np.load(workdir / Cell("lrr", 0.1, 0).folder / "examples.npz") as low:
        at, true, old = next(
            (i, low["true_label"][i], low["label"][i]) for i in np.flatnonzero(low["is_noisy"])
        )
    new = min({*range(10)} - {int(true), int(old)})
    for name in ALGORITHMS:
        path = workdir / LRR._replace(algorithm=name).folder / "examples.npz"
        arrays(path, lambda a: a["label"].__setitem__(at, new))
    return workdir / LRR.folder / "examples.npz"


def union_with_another_number(workdir):
    path = workdir / "rounds.parquet"
    content = pq.ParquetFile(path).read().to_pylist()
    content[3]["test_accuracy"] = 2.0
    cellfiles.write_rows(path, content)
    return path


def union_that_lacks_a_row(workdir):
    path = workdir / "rounds.parquet"
    cellfiles.write_rows(path, pq.ParquetFile(path).read().to_pylist()[1:])
    return path


def union_with_a_row_twice(workdir):
    path = workdir / "rounds.parquet"
    content = pq.ParquetFile(path).read().to_pylist()
    cellfiles.write_rows(path, [*content, content[0]])
    return path


def no_union(workdir):
    path = workdir / "rounds.parquet"
    path.unlink()
    return path


def union_of_a_cell_that_is_gone(workdir):
    shutil.rmtree(workdir / LRR.folder)
    return workdir / "rounds.parquet"


TAMPERING: dict[str, tuple[Callable[[Path], Path], ...]] = {
    examine.CONFIG: (hash_of_the_configuration, unreadable_configuration, foreign_configuration),
    examine.FILES: (
        truncated_examples,
        examples_without_an_array,
        examples_of_another_size,
        examples_without_the_last_round,
        missing_mask,
        mask_of_floats,
        mask_without_a_layer,
        table_of_something_else,
        table_of_strings,
        no_table,
        foreign_cell,
    ),
    examine.ROUNDS: (
        gap_in_the_rounds,
        round_after_a_diverged_one,
        round_after_a_collapsed_one,
        round_too_many,
        row_of_another_cell,
    ),
    "weights are counted as in the masks": (weights_remaining, density),
    "densities are as asked for": (other_densities,),
    "no pruned weight returns": (weight_that_returns,),
    "masks are those of their source": (other_mask_than_its_source, other_counts_than_its_source),
    "excluded layers are whole": (pruned_in_an_excluded_layer,),
    "pruned parameters are exactly 0": (
        pruned_weight_that_is_not_0,
        parameters_of_another_shape,
        missing_parameters,
    ),
    "noisy examples are marked": (flag,),
    "as many labels are noisy as asked": (
        one_noisy_label_too_many,
        one_noisy_label_too_few,
        noise_realised,
    ),
    "the right examples are left out": (train_examples,),
    "accuracies follow from the arrays": (clean_accuracy, train_true_accuracy),
    "test accuracies are those predicted": (predictions_of_another_network,),
    "losses follow from the arrays": (train_loss, loss_that_is_not_finite),
    examine.SHARED: (other_round_0, other_label, labels_of_another_order),
    examine.NESTED: (label_that_is_another_at_a_higher_rate,),
    examine.UNION: (
        union_with_another_number,
        union_that_lacks_a_row,
        union_with_a_row_twice,
        no_union,
        union_of_a_cell_that_is_gone,
    ),
}


def test_a_finished_run_holds(finished):
    done = verify(finished)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line[:36].strip() for line in lines] == list(TAMPERING)
    counts = {line[:36].strip(): int(line[36:44]) for line in lines}
    assert all(line.endswith("  ok") for line in lines)
    assert not done.stderr
    assert counts[examine.FILES] == CELLS * (1 + 2 + ROUNDS)
    assert counts["weights are counted as in the masks"] == CELLS * ROUNDS
    assert counts["no pruned weight returns"] == 6 * (ROUNDS - 1)
    assert counts["masks are those of their source"] == 4 * ROUNDS
    assert counts[examine.UNION] == CELLS * ROUNDS


def test_another_finished_run_holds(tmp_path_factory):
    """With a noise rate of 0, without excluded layers and parameters."""
    found = examine.examine(processes.reference(tmp_path_factory))
    assert found.holds
    assert found.complete == found.cells == 6


@pytest.mark.parametrize(
    ("kind", "tamper"),
    [
        pytest.param(kind, tamper, id=tamper.__name__)
        for kind, tampers in TAMPERING.items()
        for tamper in tampers
    ],
)
def test_tampering_is_seen(workdir, kind, tamper):
    path = tamper(workdir)
    found = violations(workdir)
    assert list(found) == [kind], found
    assert any(message.startswith(str(path)) for message in found[kind])
    assert all("\n" not in message for message in found[kind])


@pytest.mark.parametrize("always_wrong", [False, None])
def test_fewer_labels_may_be_noisy_where_the_true_one_may_be_drawn(workdir, always_wrong):
    """Or where that is not known, as in the config.json of an older version."""
    true_label_drawn_again(workdir)
    noise_kind_says(workdir, always_wrong)
    assert not violations(workdir)
    one_noisy_label_too_many(workdir)
    noise_kind_says(workdir, always_wrong)
    assert not violations(workdir)  # one less and one more
    one_noisy_label_too_many(workdir)
    assert list(violations(workdir)) == ["as many labels are noisy as asked"]


def test_a_configuration_of_another_version_is_named(workdir):
    path = workdir / "config.json"
    content = json.loads(path.read_text())
    content["experiment"]["recipe"]["speed"] = 1
    path.write_text(json.dumps(content))
    ((message,),) = violations(workdir).values()
    version = content["versions"]["pruning_jax"]
    assert f"it was written by pruning_jax {version}, which has other settings" in message
    assert "'speed'" in message


def test_the_command_says_what_is_wrong(workdir):
    path = weight_that_returns(workdir)
    missing = missing_mask_of(workdir, LRR._replace(algorithm="lottery"))
    done = verify(workdir)
    assert done.returncode == 1
    assert not done.stderr
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("no pruned weight returns"))
    assert lines[at].endswith("1 WRONG")
    assert lines[at + 1] == f"  {path}: pruned weights return after round 1: 1 in {LAYERS[0]}"
    assert f"  {missing} is missing" in lines
    assert lines[-1] == "9 of 10 cells are finished and sound"


def missing_mask_of(workdir: Path, cell: Cell) -> Path:
    path = workdir / cell.folder / "masks" / "round_02.npz"
    path.unlink()
    return path


def test_a_run_that_goes_on_holds(workdir):
    """A cell that has not begun, one killed before its first rows, one with one round too many."""
    (workdir / "rounds.parquet").unlink()
    shutil.rmtree(workdir / "cells" / "shuffled" / "noise=0.1")
    (workdir / LRR.folder / "rounds.parquet").unlink()
    other = LRR._replace(algorithm="reinit")
    path = workdir / other.folder / "rounds.parquet"
    cellfiles.write_rows(path, pq.ParquetFile(path).read().to_pylist()[:-1])
    assert not violations(workdir)
    findings = examine.examine(workdir)
    assert (findings.complete, findings.cells) == (7, 10)
    cellfiles.unite(workdir)
    assert not violations(workdir)


def test_a_diverged_cell_holds(workdir):
    """So does one that takes its masks from it: both end there."""
    lottery = LRR._replace(algorithm="lottery")
    names = ("train_accuracy", "clean_accuracy", "noisy_accuracy", "train_true_accuracy")
    nowhere = dict.fromkeys((*names, "test_accuracy"), float("nan"))

    def diverge(content: list[dict]) -> None:
        content.pop()
        content[1].update(nowhere, diverged=True, train_loss=float("nan"))

    arrays(
        workdir / lottery.folder / "examples.npz",
        lambda a: a["train_loss"].__setitem__((1, 4), np.nan),
    )
    rows(workdir, lottery, diverge)
    for name in ("reinit", "shuffled"):
        rows(workdir, LRR._replace(algorithm=name), lambda content: content.pop())
    assert not violations(workdir)
    assert examine.examine(workdir).complete == 10


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "is not a directory"),
        ({}, "holds no run: it has no config.json"),
        ({"notes.txt": "mine"}, "holds no run: it has no config.json"),
    ],
)
def test_wrong_use(tmp_path, content, says):
    place = tmp_path / "place"
    if content is not None:
        place.mkdir()
        for name, text in content.items():
            (place / name).write_text(text)
    assert processes.one_line(verify(place)) == f"verify.py: workdir {place} {says}"


def test_cells_without_a_configuration(workdir):
    (workdir / "config.json").unlink()
    assert violations(workdir) == {examine.CONFIG: [f"{workdir / 'config.json'} is missing"]}


def test_help_and_imports():
    shown = processes.run("--help", command="verify")
    assert shown.returncode == 0
    assert "python -m pruning_jax.verify --workdir=runs/digits" in shown.stdout
    assert "--workdir is missing" in processes.one_line(processes.run(command="verify"))
    code = "import sys, pruning_jax.verify; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
