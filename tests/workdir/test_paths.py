"""Where files lie: the contract, and that a real run has its files there and no others."""

import re
from pathlib import Path

import processes

import pruning_jax
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import paths

RUN, CELL = Path("runs/mine"), Cell("lrr", 0.15, 3)
FOLDER = "runs/mine/cells/lrr/noise=0.15/seed=3"


def test_the_contract():
    assert paths.config(RUN) == Path("runs/mine/config.json")
    assert paths.union(RUN) == Path("runs/mine/rounds.parquet")
    assert paths.report(RUN) == Path("runs/mine/report.html")
    assert paths.figure(RUN, "tie", "pdf") == Path("runs/mine/figures/tie.pdf")
    assert paths.table(RUN, "tie") == Path("runs/mine/tables/tie.csv")
    assert paths.cell(RUN, CELL) == Path(FOLDER)
    assert paths.rounds(RUN, CELL) == Path(f"{FOLDER}/rounds.parquet")
    assert paths.examples(RUN, CELL) == Path(f"{FOLDER}/examples.npz")
    assert paths.mask(RUN, CELL, 5) == Path(f"{FOLDER}/masks/round_05.npz")
    assert paths.params(RUN, CELL, 12) == Path(f"{FOLDER}/params/round_12.npz")


def test_a_real_run_has_its_files_there(tmp_path_factory):
    run = processes.reference(tmp_path_factory)
    algorithms, rates = ("lrr", "weight_rewinding", "random"), (0.0, 0.3)
    cells = [Cell(name, rate, 0) for name in algorithms for rate in rates]
    expected = {paths.config(run), paths.union(run), paths.figure(run, "accuracy", "png")}
    for cell in cells:
        expected |= {paths.rounds(run, cell), paths.examples(run, cell)}
        expected |= {paths.manifest(run, cell)}
        expected |= {paths.mask(run, cell, round_) for round_ in range(3)}
        expected |= {paths.anchor(run, cell)}
        expected |= {paths.params(run, cell, round_) for round_ in range(3)}
    assert {run / name for name in processes.files(run)} == expected
    assert paths.cell_tables(run) == sorted(paths.rounds(run, cell) for cell in cells)
    assert paths.shared_lock(run).exists()
    assert paths.cells_lock(run).exists()
    assert int(paths.replicas_at_once(run).read_text()) > 0
    assert int(paths.shares(run).read_text()) == 1
    assert paths.processes(run) == paths.failures(run) == {}
    assert paths.process(run, 3).name == "process_3.json"


def test_no_other_module_spells_a_file_of_a_run():
    package = Path(pruning_jax.__file__).parent
    literal = re.compile(
        r"""["'](rounds\.parquet|examples\.npz|config\.json|checkpoints|\w+\.lock"""
        r"""|replicas_at_once|figures|masks)["']\s*[)/]|/ ["'](report\.html|tables|params)["']"""
    )
    assert literal.search('workdir / "rounds.parquet")')
    assert literal.search("place / 'tables'")
    assert literal.search("folder / 'cells.lock')")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if literal.search(path.read_text())
    }
    assert found == {"workdir/paths.py"}
