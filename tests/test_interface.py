"""The functions that a notebook calls: they do what the commands do."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from processes import ROOT, TINY, assert_same, train

import pruning_jax as pj


def tiny(**settings):
    """A grid of two replicas and three algorithms, which trains in seconds."""
    config = pj.config(ROOT / "configs" / "smoke.py")
    config.update_from_flattened_dict({**TINY, **settings})
    return config


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    return tmp_path_factory.mktemp("interface") / "run"


@pytest.fixture(scope="module")
def run(workdir):
    return pj.run(tiny(), workdir)


def test_every_public_name_is_there_documented_and_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    for name in pj.__all__:
        thing = getattr(pj, name)
        if inspect.isfunction(thing):
            assert inspect.getdoc(thing), name
    for name in ("config", "plan", "run", "load", "claims", "report"):
        assert f"pj.{name}(" in readme


def test_a_name_that_there_is_not():
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        _ = pj.train


def test_configurations_by_name_and_by_file(tmp_path):
    by_name, by_file = pj.config("smoke"), pj.config(ROOT / "configs" / "smoke.py")
    assert by_name.to_json() == by_file.to_json()
    own = tmp_path / "mine.py"
    own.write_text(
        "from pruning_jax import Config, defaults\n\n\n"
        "def get_config() -> Config:\n    config = defaults()\n    config.epochs = 3\n"
        "    return config\n"
    )
    assert pj.config(own).epochs == 3


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("smok", None, "did you mean smoke?"),
        ("none.py", None, "there is no such file"),
        ("empty.py", "", "has no function get_config"),
        ("number.py", "def get_config():\n    return 3\n", "returns no configuration"),
    ],
)
def test_a_configuration_that_there_is_not(name, content, message, tmp_path):
    path = tmp_path / name if name.endswith(".py") else name
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=re.escape(message)):
        pj.config(path)


def test_running_gives_what_the_command_gives(run, workdir, tmp_path_factory):
    """Bit for bit, in the same files."""
    other = tmp_path_factory.mktemp("command") / "run"
    done = train(other)
    assert done.returncode == 0, done.stderr
    assert_same(workdir, other)


def test_what_is_loaded_is_what_lies_in_the_files(run, workdir):
    assert isinstance(run.rows, pd.DataFrame)
    pd.testing.assert_frame_equal(
        run.rows, pd.read_parquet(workdir / "rounds.parquet"), check_dtype=False
    )
    assert not run.problems
    assert not run.unfinished
    cell = pj.Cell("lrr", noise_rate=0.3, seed=0)
    assert cell in run.cells
    mask = run.mask(cell, 2)
    assert {leaf.dtype for leaf in mask.values()} == {np.dtype(bool)}
    row = run.rows[
        (run.rows.algorithm == "lrr") & (run.rows.noise_rate == 0.3) & (run.rows["round"] == 2)
    ]
    assert sum(leaf.sum() for leaf in mask.values()) == row.weights_remaining.item()
    examples = run.examples(cell)
    assert examples["train_loss"].shape == (3, len(examples["label"]))


def test_the_status_of_a_run(run, workdir, tmp_path):
    found = pj.status(workdir)
    assert found.finished
    assert found.states["finished"] == found.cells == 6
    assert "6 of 6 cells are finished" in str(found)
    with pytest.raises(ValueError, match="is no directory"):
        pj.status(tmp_path / "none")


def test_loading_what_is_not_there(run, tmp_path):
    with pytest.raises(ValueError, match="is no directory"):
        pj.load(tmp_path / "none")
    cell = pj.Cell("lrr", noise_rate=0.3, seed=0)
    for what in (run.mask, run.params, run.statistics):
        with pytest.raises(ValueError, match=r"^round 7 of .* is not in .*run, which has 0, 1"):
            what(cell, 7)
    with pytest.raises(ValueError, match=r"^seed 9 of \('lrr', 0\.3, 9\) is not in "):
        run.mask(cell._replace(seed=9), 1)


def test_parameters_are_loaded_where_they_were_saved(tmp_path):
    small = {"rounds": 1, "grid.algorithms": ("lrr",), "grid.noise_rates": (0.0,)}
    run = pj.run(tiny(**small, **{"save.params": True}), tmp_path / "run")
    cell = pj.Cell("lrr", noise_rate=0.0, seed=0)
    params, mask = run.params(cell, 1), run.mask(cell, 1)
    for name, leaf in mask.items():
        assert (params[name][~leaf] == 0).all()
        assert (params[name][leaf] != 0).mean() > 0.9


def test_the_claims_of_a_run_its_rows_and_its_workdir(run, workdir):
    one, two, three = (pj.claims(given, pruned="random") for given in (run, run.rows, workdir))
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_frame_equal(one, three)
    assert set(one.claim) == {1, 2, 3, 4}


def test_the_report_and_the_checks(run, workdir, tmp_path):
    copy = tmp_path / "run"  # because other tests compare the files of the run
    shutil.copytree(workdir, copy)
    written = pj.report(copy)
    assert written.page == copy / "report.html"
    assert written.page.stat().st_size > 100_000
    assert repr(written).startswith(f"Wrote {copy / 'report.html'} (")
    found = pj.verify(copy)
    assert found.holds
    lines = repr(found).splitlines()
    assert len(lines) == len(found.found) + len(found.unknown) + 1
    assert lines[-1] == f"the sum of the run is {found.sum}"


def test_a_run_is_shown_as_one_line(run, workdir, tmp_path):
    assert repr(run) == f"Run({workdir}: 18 rows, whole)"
    copy = tmp_path / "run"
    shutil.copytree(workdir, copy)
    lost, damaged = (pj.Cell("lrr", rate, 0).folder for rate in (0.0, 0.3))
    (copy / lost / "rounds.parquet").unlink()
    assert repr(pj.load(copy)) == f"Run({copy}: 15 rows, unfinished)"
    (copy / damaged / "rounds.parquet").write_bytes(b"PAR1")
    assert repr(pj.load(copy)) == f"Run({copy}: 12 rows, 1 problem)"


def test_a_plan_says_what_would_run():
    plan = pj.plan(tiny())
    assert "cells" in str(plan)
    assert repr(plan) == str(plan)


def test_a_power_is_shown_as_its_table():
    found = pj.power(tiny(**{"grid.seeds": (0, 1, 2)}), spread=0.01)
    assert repr(found).split()[:3] == ["claim", "algorithm", "noise_rate"]
    assert "<table" in found._repr_html_()


def test_nothing_wrong_with_a_configuration_is_met_late(tmp_path):
    with pytest.raises(ValueError, match="is not one of"):
        pj.run(tiny(**{"model": "resnet19"}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_interrupted_call_goes_on(tmp_path, workdir, run):
    """As by the stop button of a notebook: it saves, raises KeyboardInterrupt, and goes on."""
    code = (
        "import os, signal, sys, threading\n"
        "from pathlib import Path\n"
        "import pruning_jax as pj\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from test_interface import tiny\n"
        "place = Path(sys.argv[2])\n"
        "def stop(event, arguments, done=[]):\n"
        "    if event == 'os.rename' and 'round_01' in str(arguments[1]) and not done:\n"
        "        done.append(1)\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.addaudithook(stop)\n"
        "try:\n"
        "    pj.run(tiny(), place)\n"
        "except KeyboardInterrupt as error:\n"
        "    print('interrupted:', error)\n"
        "run = pj.run(tiny(), place)\n"
        "print(len(run.rows))\n"
    )
    place = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent), str(place)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/support")])},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "interrupted: everything is saved" in done.stdout
    assert_same(place, workdir)


@pytest.mark.slow
def test_what_is_printed_in_a_notebook_is_text(run, monkeypatch):
    """In a real kernel, where rich would draw beside what is printed, and leave the text empty."""
    monkeypatch.setenv("PYTHONWARNINGS", "")  # a kernel's own warnings are not errors of ours
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    code = (
        "import pruning_jax as pj\n"
        f"print(pj.plan(pj.config({str(ROOT / 'configs' / 'smoke.py')!r})))\n"
        f"print(pj.status({str(run.workdir)!r}))\n"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120, coalesce_streams=True).execute()
    (printed,) = (o for o in notebook.cells[0].outputs if o.get("name") != "stderr")
    assert printed.name == "stdout"
    assert "prunable weights" in printed.text
    assert "6 of 6 cells are finished" in printed.text
    assert "\x1b" not in printed.text  # kernels ask for colours, which are no text
