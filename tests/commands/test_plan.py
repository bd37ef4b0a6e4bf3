"""The commands that explain: what would be run, and how each command is used."""

import importlib.util
import json

import processes
import pytest
from processes import NO_CONTROLS, QUICKLY_COMPILED, ROOT, SMOKE, flags, run

from pruning_jax.errors import install

MNIST = f"--config={ROOT / 'configs' / 'mnist_lenet.py'}"


@pytest.fixture(scope="session")
def plan(tmp_path_factory):
    """The plan of TINY as JSON, and the names of the files that making it left behind."""

    def make(folder):
        folder.mkdir()
        done = run(SMOKE, *flags(), "--json", command="plan", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 1
        written = [path.name for path in folder.iterdir()]
        (folder / "plan.json").write_text(json.dumps([json.loads(done.stdout), written]))

    return json.loads((processes.once(tmp_path_factory, "plan", make) / "plan.json").read_text())


def test_the_plan_as_json_has_all_numbers(plan):
    planned, _ = plan
    assert planned["cells"] == 6
    assert planned["rounds"] == {"lrr": 2, "weight_rewinding": 2, "random": 2}
    assert planned["densities"]["lrr"] == pytest.approx([1, 0.8, 0.64])
    assert planned["weights_total"] == 64 * 30 + 30 * 10 + 10 * 10
    assert planned["seconds"] > 0
    assert planned["disk_bytes"] > 0


def test_the_group_of_the_plan_is_the_whole_grid(plan):
    planned, _ = plan
    (group,) = planned["groups"]
    names = ["lrr", "weight_rewinding", "random"]
    assert group["replicas"] == 2
    assert group["algorithms"] == names
    assert group["cells"] == [[name, rate, 0] for name in names for rate in (0.0, 0.3)]
    assert group["seconds"] > 0
    assert group["bytes"] > 0
    steps = 6 + 2 * (6 + 3 + 6)  # dense, two rounds of each algorithm; one goes back to 1ep
    assert group["steps"] == steps
    assert planned["steps"] == 2 * steps


@pytest.mark.slow
def test_the_plan_for_several_processes(tmp_path):
    """Two of them take a replica each; for three the algorithms are divided, too."""
    for shares, groups in [(2, 2), (3, 6)]:
        line = [SMOKE, *flags(), f"--shares={shares}", "--json"]
        done = run(*line, command="plan", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        planned = json.loads(done.stdout)
        assert len(planned["groups"]) == groups
        assert {group["process"] for group in planned["groups"]} == set(range(1, shares + 1))
        for number, seconds in enumerate(planned["process_seconds"], start=1):
            own = [g["seconds"] for g in planned["groups"] if g["process"] == number]
            assert sum(own) == pytest.approx(seconds)
        assert planned["seconds"] == pytest.approx(max(planned["process_seconds"]))


def test_planning_writes_nothing(plan):
    assert plan[1] == []


@pytest.mark.slow
def test_the_power_as_json_and_for_people(tmp_path):
    """Three seeds, no noise, no controls: only claim 2 can be tested, at two densities."""
    line = [SMOKE, *flags(grid__seeds=(0, 1, 2), grid__noise_rates=(0.0,)), "--power"]
    line += ["--spread=0.005", "--loss_spread=0.1"]
    done = run(*line, "--json", command="plan", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["power"]
    assert found["spreads"][0]["gain"] == 0.005
    for row in found["table"]:
        if row["claim"] == 2:
            assert (row["seeds"], row["densities"], row["lacking"]) == (3, 2, "")
            assert row["smallest_effect"] > 0.1
        else:
            assert row["smallest_effect"] is None
            assert row["lacking"]
    done = run(*line, command="plan", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Effects on training loss, which is so many times lower, and how many seeds" in said
    assert "'3 seeds find': the smallest effect that the grid finds so." in said
    assert "Effects on test accuracy" not in said
    assert (
        "0 % label noise, all algorithms: not tested, because dense networks of smaller width are "
        "missing"
    ) in said
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--power"], "--power needs to know how much seeds differ: either from a run, --like="),
        (["--power", "--spread=0.1", "--like=x"], "--power needs to know how much seeds differ"),
        (["--power", "--like=none"], "workdir none is no directory"),
        (["--power", "--spread=0"], "spread 0.0 is not above 0"),
        (["--spread=0.1"], "--spread: only with --power"),
    ],
)
def test_a_power_that_cannot_be_said(given, message, tmp_path):
    assert message in processes.one_line(run(SMOKE, *given, command="plan", cwd=tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--on=h10"], "--on 'h10' is not one of a100, a100_40gb, h100"),
        (["--on=v5e-3"], "the number of devices of v5e is one of 1, 4, 8"),
        (["--on=h100", "--shares=2", "--power"], "--power, --shares: not together with --on"),
    ],
)
def test_devices_that_cannot_be_planned_for(given, message, tmp_path):
    assert message in processes.one_line(run(SMOKE, *given, command="plan", cwd=tmp_path))


@pytest.mark.parametrize(
    ("on", "module", "extra"), [("h100", "jax_plugins", "aot-gpu"), ("v5e", "libtpu", "aot-tpu")]
)
def test_a_compiler_that_is_not_installed(on, module, extra, tmp_path):
    if importlib.util.find_spec(module) is not None:
        pytest.skip(f"{module} is installed")
    line = processes.one_line(run(SMOKE, f"--on={on}", command="plan", cwd=tmp_path))
    assert install(extra) in line


@pytest.mark.slow
def test_the_plan_for_people_needs_no_data_set(tmp_path):
    line = [MNIST, f"--config.data_dir={tmp_path}", "--config.grid.seeds=(0,)"]
    line += ["--config.grid.noise_rates=(0.15,0.3)", "--config.train_images=1000", "--shares=2"]
    line += [f"--config.{name}={value}" for name, value in NO_CONTROLS.items()]
    done = run(*line, command="plan", cwd=tmp_path, **QUICKLY_COMPILED)
    assert done.returncode == 0, done.stderr
    assert "mnist, lenet_300_100 with 266,200 prunable weights" in done.stdout
    assert "8 cells (algorithm, noise rate, seed)" in done.stdout
    for name in ("lrr", "weight_rewinding", "extended_dense", "random"):
        assert name in done.stdout
    assert "of files" in done.stdout
    assert "2 processes; the one that works longest works 1.00 times as long as" in done.stdout
    (note,) = done.stderr.splitlines()
    assert note.startswith("note: the range of lrr, weight_rewinding, random ends in round 25")


@pytest.mark.parametrize("command", ["run", "plan"])
def test_help_explains_and_shows_an_example(command):
    done = run("--help", command=command)
    assert done.returncode == 0
    assert done.stderr == ""
    assert f"python -m pruning_jax.{command} --config=configs/digits.py" in done.stdout
    own = {"run": ["--workdir", "--shares"], "plan": ["--[no]json", "--[no]measure", "--shares"]}[
        command
    ]
    own += (
        ["--on", "--[no]power", "--like", "--spread", "--loss_spread"] if command == "plan" else []
    )
    for flag in own:
        assert f"{flag}:" in done.stdout
