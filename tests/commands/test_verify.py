"""verify: its lines, its exit statuses, its stamp; what it finds is tested in test_tampering.py."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import forging
import numpy as np
import processes
import pytest
import verified
from verified import ALGORITHMS, CELLS, LAYERS, LRR, ROUNDS

import pruning_jax as pj
from pruning_jax.workdir import cellfiles, examine, paths, stamp


def verify(workdir: Path, *arguments: str) -> subprocess.CompletedProcess:
    return processes.run(f"--workdir={workdir}", *arguments, command="verify")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    return verified.finished(tmp_path_factory)


@pytest.fixture
def workdir(finished, tmp_path) -> Path:
    """A copy of the run."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def violations(workdir: Path) -> dict[str, list[str]]:
    """What verify finds, once the sums are made anew."""
    forging.renew(workdir)
    return verified.violations(examine.examine(workdir))


def test_a_finished_run_holds(workdir):
    done = verify(workdir)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    *lines, unknown, total = done.stdout.splitlines()
    assert all(line.endswith(("  ok", "  nothing to check")) for line in lines)
    counts = {line[:36].strip(): int(line[36:44]) for line in lines}
    assert counts[examine.FILES] == CELLS * (1 + 2 + ROUNDS)
    assert counts[examine.SUMS] == CELLS * (1 + ROUNDS * (1 + 4))
    assert counts["weights are counted as in the masks"] == CELLS * ROUNDS
    assert counts["masks are those of their source"] == 4 * ROUNDS
    assert counts["masks are those of the criterion"] == 2 * 5 * (ROUNDS - 1)  # by 5 algorithms
    assert counts["rounds start where they rewind to"] == CELLS * ROUNDS
    assert counts[examine.UNION] == CELLS * ROUNDS
    assert unknown == (
        "not known: that random decided the masks of random: this criterion needs --deep"
    )
    assert total == f"the sum of the run is {stamp.read(workdir).sum}"


@pytest.mark.slow
def test_another_finished_run_holds(tmp_path_factory):
    """With a noise rate of 0, without excluded layers and parameters."""
    found = examine.examine(processes.reference(tmp_path_factory))
    assert found.holds
    assert found.finished
    assert found.complete == found.cells == 6


def test_the_stamp_holds_as_long_as_nothing_changes(workdir):
    run = pj.load(workdir)
    assert stamp.verdict(run) == "not verified: python -m pruning_jax.verify does"
    findings = pj.verify(workdir)
    assert findings.finished
    content = json.loads(paths.verified(workdir).read_text())
    assert content["sum"] == findings.sum
    assert content["version"] == pj.__version__
    assert content["checks"] == {name: len(found) for name, found in findings.found.items()}
    by = f"by pruning_jax {pj.__version__} on {content['date']}, sum {findings.sum}"
    assert stamp.verdict(run) == f"verified {by}"
    forging.rows(workdir, LRR, lambda rows: rows[1].update(validation_loss=0.5))
    assert stamp.verdict(pj.load(workdir)) == f"changed since it was verified {by}"
    forging.renew(workdir)  # which the stamp is not deceived by, but verify is
    assert stamp.verdict(pj.load(workdir)) == f"changed since it was verified {by}"
    assert pj.verify(workdir).sum != findings.sum


@pytest.mark.parametrize("file", ["masks/round_01.npz", "examples.npz", "params/anchor.npz"])
def test_the_stamp_notices_that_a_file_has_another_size(workdir, file):
    pj.verify(workdir)
    with (workdir / LRR.folder / file).open("ab") as content:
        content.write(b"more")
    assert stamp.verdict(pj.load(workdir)).startswith("changed since it was verified by")


def test_the_stamp_goes_where_something_is_wrong(workdir):
    assert pj.verify(workdir).holds
    paths.mask(workdir, LRR, 1).unlink()
    assert not pj.verify(workdir).holds
    assert not paths.verified(workdir).exists()


@pytest.mark.parametrize("text", ["", "[]", '{"version": 3}', "no", '{"sum": "0"}'])
def test_a_damaged_stamp_is_none(workdir, text):
    paths.verified(workdir).write_text(text)
    assert stamp.verdict(pj.load(workdir)).startswith("not verified")


def test_a_workdir_that_is_not_writable_is_verified(workdir, monkeypatch):
    """As one on a disk that is full, or that only may be read."""
    paths.verified(workdir).mkdir()
    (paths.verified(workdir) / "in the way").touch()
    findings = pj.verify(workdir)
    assert findings.holds
    assert "verified.json cannot be written" in findings.unknown[-1]


def test_the_command_says_what_is_wrong(workdir):
    forging.swap(workdir, LRR, 1, (2,), LAYERS[0], LAYERS[0])
    forging.renew(workdir)
    missing = paths.mask(workdir, LRR._replace(algorithm="lottery"), 2)
    missing.unlink()
    done = verify(workdir)
    assert done.returncode == 1
    assert not done.stderr
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("no pruned weight returns"))
    assert lines[at].endswith("1 WRONG")
    path = paths.mask(workdir, LRR, 2)
    assert lines[at + 1] == f"  {path}: pruned weights return after round 1: 1 in {LAYERS[0]}"
    assert f"  {missing} is missing" in lines
    assert lines[-2] == f"{CELLS - 1} of {CELLS} cells are finished and sound"


def test_a_run_that_goes_on_holds(workdir):
    """A cell that has not begun, one killed before its first rows, one with one round too many."""
    paths.union(workdir).unlink()
    shutil.rmtree(workdir / "cells" / "shuffled" / "noise=0.1")
    paths.rounds(workdir, LRR).unlink()
    other = LRR._replace(algorithm="reinit")
    path = paths.rounds(workdir, other)
    cellfiles.write_rows(path, forging.table(path)[:-1])
    findings = examine.examine(workdir)
    assert findings.holds
    assert (findings.complete, findings.cells) == (CELLS - 3, CELLS)
    cellfiles.unite(workdir)
    done = verify(workdir)
    assert done.returncode == 3
    assert f"{CELLS - 3} of {CELLS} cells are finished and sound" in done.stdout.splitlines()
    run = pj.load(workdir)
    assert stamp.verdict(run).endswith(f", {CELLS - 3} of {CELLS} cells")


def test_a_diverged_cell_holds(workdir):
    """So does one that takes its masks from it: both end there."""
    lottery = LRR._replace(algorithm="lottery")

    def diverge(content):
        content.pop()
        names = [name for name in content[1] if name.endswith(("_accuracy", "_recovered"))]
        nowhere = dict.fromkeys(names, float("nan"))
        content[1].update(nowhere, diverged=True, train_loss=float("nan"))

    forging.arrays(
        paths.examples(workdir, lottery), lambda a: a["train_loss"].__setitem__((1, 4), np.nan)
    )
    forging.rows(workdir, lottery, diverge)
    for name in ("reinit", "shuffled"):
        forging.rows(workdir, LRR._replace(algorithm=name), lambda content: content.pop())
    for name in ("lottery", "reinit", "shuffled"):
        cell = LRR._replace(algorithm=name)
        paths.mask(workdir, cell, 2).unlink()
        paths.params(workdir, cell, 2).unlink()
    assert not violations(workdir)
    assert examine.examine(workdir).complete == CELLS


def test_a_configuration_of_another_version_is_named(workdir):
    path = paths.config(workdir)
    content = json.loads(path.read_text())
    content["experiment"]["recipe"]["speed"] = 1
    path.write_text(json.dumps(content))
    ((message,),) = violations(workdir).values()
    version = content["versions"]["pruning_jax"]
    assert f"it was written by pruning_jax {version}, which has other settings" in message
    assert "'speed'" in message


def test_the_rewind_of_a_plug_in_is_not_known(workdir):
    forging.settings(workdir, lambda e: e["algorithms"]["lottery"].update(rewind="mine:rewind"))
    for rate in (0.1, 0.3):
        cell = LRR._replace(algorithm="lottery", noise_rate=rate)
        forging.rows(workdir, cell, lambda rows: [row.update(rewind="mine:rewind") for row in rows])
    forging.renew(workdir)
    findings = examine.examine(workdir)
    assert findings.holds
    line = "that lottery rewinds: what mine:rewind promises is not of this program"
    assert line in findings.unknown


def test_what_a_terminal_could_obey_is_not_printed(workdir):
    """Names of folders with escape sequences, line breaks, and bytes that are no text."""
    for name in (b"\x1b[31mred", b"two\nlines", b"half\xff"):
        (workdir / "cells").joinpath(name.decode(errors="surrogateescape")).mkdir()
    done = verify(workdir)
    assert done.returncode == 1
    assert all(line.isprintable() for line in done.stdout.splitlines())
    for shown in ("\\x1b[31mred", "two\\nlines", "half\\udcff"):
        assert shown in done.stdout


def test_nothing_outside_the_workdir_is_touched(workdir, tmp_path):
    """Whatever the names of algorithms say."""
    outside = tmp_path / "outside"
    shutil.copytree(workdir / "cells" / "movement", outside)
    path = paths.config(workdir)
    path.write_text(path.read_text().replace('"movement"', '"../../outside"'))
    assert [*violations(workdir)] == [examine.CONFIG]
    assert not pj.load(workdir).experiment
    line = processes.one_line(processes.run(*processes.training(workdir)))
    assert "another configuration" in line


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "5",
        "[]",
        "\x00",
        '{"versions": 5}',
        '{"experiment": [1]}',
        '{"experiment": 5, "versions": {"pruning_jax": "1"}}',
        pytest.param('{"experiment": ' + "[" * 10_000 + "]" * 10_000 + "}", id="deep"),
    ],
)
def test_a_run_refuses_such_a_configuration_in_one_line(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    line = processes.one_line(processes.run(*processes.training(tmp_path)))
    assert line.startswith(f"run.py: {tmp_path / 'config.json'} ")
    assert line.endswith("; take another workdir")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "is no directory"),
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
    paths.config(workdir).unlink()
    assert violations(workdir) == {examine.CONFIG: [f"{paths.config(workdir)} is missing"]}


def test_help_and_imports():
    shown = processes.run("--help", command="verify")
    assert shown.returncode == 0
    assert "python -m pruning_jax.verify --workdir=runs/digits" in shown.stdout
    assert "--workdir is missing" in processes.one_line(processes.run(command="verify"))
    code = "import sys, pruning_jax.verify; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# What only JAX can compute again.


@pytest.mark.slow
def test_a_deep_check_of_a_finished_run(workdir):
    done = verify(workdir, "--deep")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not known" not in done.stdout
    counts = {line[:36].strip(): int(line[36:44]) for line in done.stdout.splitlines()[:-1]}
    assert counts["labels are drawn from the seed"] == CELLS
    assert counts["weights are drawn from the seed"] == CELLS
    assert counts["masks can be computed again"] == 2 * 2 * (ROUNDS - 1)  # random and shuffled


@pytest.mark.slow
def test_a_deep_check_knows_the_statistics_of_batch_norm(tmp_path):
    """Masks by gradients depend on them; they are saved with the parameters."""
    done = processes.train(
        "run",
        "--config.save.params=True",
        cwd=tmp_path,
        model="pruning_jax.testing.tiny:build",
        grid__algorithms=("saliency",),
        grid__noise_rates=(0.3,),
    )
    assert done.returncode == 0, done.stderr
    cell, workdir = LRR._replace(algorithm="saliency", noise_rate=0.3), tmp_path / "run"
    saved = pj.load(workdir).statistics(cell, 1)
    assert {*saved} == {"BatchNorm_0/mean", "BatchNorm_0/var"}
    deep = verify(workdir, "--deep")
    assert deep.returncode == 0, deep.stdout + deep.stderr
    assert "not known" not in deep.stdout

    def change(arrays):
        arrays["statistics/BatchNorm_0/var"] *= 30

    forging.arrays(paths.params(workdir, cell, 1), change)
    found = violations(workdir)
    assert {*found} == {"states are the saved parameters"}
    deep = verified.violations(pj.verify(workdir, deep=True))
    assert {*deep} == {*found, "masks can be computed again"}


def test_a_deep_check_finds_what_the_files_cannot_tell(workdir):
    """A random mask that was not drawn, a shuffled one of another seed, labels of another seed."""
    random, shuffled = (LRR._replace(algorithm=name) for name in ("random", "shuffled"))
    forging.swap(workdir, random, None, (1, 2), LAYERS[0], LAYERS[0])
    forging.swap(workdir, shuffled, None, (2,), LAYERS[0], LAYERS[0])

    def change(a):
        noisy = np.flatnonzero(a["is_noisy"])[-1]
        others = {*range(10)} - {int(a["label"][noisy]), int(a["true_label"][noisy])}
        a["label"][noisy] = min(others)

    for name in ALGORITHMS:
        forging.arrays(paths.examples(workdir, LRR._replace(algorithm=name)), change)
    assert not violations(workdir)
    deep = verified.violations(pj.verify(workdir, deep=True))
    assert {*deep} == {"labels are drawn from the seed", "masks can be computed again"}
    assert len(deep["labels are drawn from the seed"]) == len(ALGORITHMS)
    where = {message.partition(": ")[0] for message in deep["masks can be computed again"]}
    sure = {str(paths.mask(workdir, cell, r)) for cell, r in ((random, 1), (shuffled, 2))}
    assert sure <= where <= sure | {str(paths.mask(workdir, random, 2))}
