"""The command `export`: what it writes of a run, and what it refuses."""

import json
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import processes
import pytest
from safetensors.numpy import load_file

import pruning_jax as pj
from pruning_jax import masks
from pruning_jax.data import sources
from pruning_jax.data.division import divide
from pruning_jax.errors import WrongUse
from pruning_jax.exchange import files
from pruning_jax.training.network import logits
from pruning_jax.workdir import paths

CELL = "weight_rewinding/noise=0.3/seed=0"


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    return processes.reference(tmp_path_factory)


def export(workdir, *arguments, cell=CELL, round_=2, to=None):
    given = {"workdir": workdir, "cell": cell, "round": round_, "to": to}
    line = [f"--{name}={value}" for name, value in given.items() if value is not None]
    return processes.run(*line, *arguments, command="export")


def accuracy(network, workdir):
    """Of a network on the test images, which are normalised as its file says."""
    experiment = pj.load(workdir).experiment
    division = divide(sources.load(experiment.data.dataset), experiment.data)
    mean, std = (np.array(network.about[name]) for name in ("mean", "std"))
    images = jnp.asarray((division.pixels[division.test] - mean) / std, jnp.float32)
    out, _ = logits(network.recipe, network.params, network.mask, network.statistics, images)
    return np.mean(np.asarray(out).argmax(-1) == division.labels[division.test])


@pytest.mark.parametrize("arguments", [(), ("--format=torch",), ("--format=torch", "--masks")])
def test_what_is_written_is_the_network_of_the_round(arguments, workdir, tmp_path):
    to = tmp_path / "made" / "net.safetensors"
    done = export(workdir, *arguments, to=to)
    assert done.returncode == 0, done.stderr
    run = pj.load(workdir)
    cell = pj.Cell("weight_rewinding", 0.3, 0)
    (row,) = run.rows[
        (run.rows.algorithm == cell.algorithm)
        & (run.rows.noise_rate == cell.noise_rate)
        & (run.rows["round"] == 2)
    ].to_dict("records")
    remaining, total = row["weights_remaining"], row["weights_total"]
    assert done.stdout == f"{to} has {CELL} after round 2: {remaining:,} of {total:,} weights\n"
    network = files.read(to)
    for own, expected in ((network.params, run.params(cell, 2)), (network.mask, run.mask(cell, 2))):
        found = masks.named(own)
        assert {*found} == {*expected}
        for name, leaf in expected.items():
            np.testing.assert_array_equal(found[name], leaf)
    assert network.statistics == {}
    assert network.about["density"] == row["density"]
    assert network.about["test_accuracy"] == row["test_accuracy"] == accuracy(network, workdir)
    assert network.about["cell"] == CELL
    assert network.about["experiment"] == run.config["hash"]
    assert network.recipe.width == 0.1


def test_the_function_does_what_the_command_does(workdir, tmp_path):
    one, two = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    assert export(workdir, to=one, cell=f"{workdir}/cells/{CELL}/").returncode == 0
    network = pj.export(pj.load(workdir), pj.Cell("weight_rewinding", 0.3, 0), 2, two)
    assert one.read_bytes() == two.read_bytes()
    assert pj.export(str(workdir), CELL, 2, str(two)).about == network.about
    again = files.read(one)
    assert jax.tree.all(jax.tree.map(np.array_equal, again.params, network.params))


def test_what_is_refused(workdir, tmp_path):
    to, native = tmp_path / "net.safetensors", {"format": "native"}
    cases = [
        ("lrr/noise=0.4/seed=0", 2, to, native, "did you mean lrr/noise=0.3/seed=0"),
        ("\x1b[31m", 2, to, native, "is none of the 6 of"),
        (CELL, 3, to, native, f"round 3 of {CELL} is not there; it has the rounds 0 to 2"),
        (CELL, -1, to, native, "round -1 of"),
        (pj.Cell("lrr", 0.1, 0), 0, to, native, "lrr/noise=0.1/seed=0 has no finished round in"),
        (CELL, 2, to, {"format": "pt"}, "format 'pt' is not one of native, torch"),
        (CELL, 2, to, {"masks": True}, "masks go with the format 'torch'"),
        (CELL, 2, tmp_path / "net.pt", native, r"net\.pt does not end in \.safetensors"),
    ]
    for cell, round_, place, how, says in cases:
        with pytest.raises(WrongUse, match=says) as caught:
            pj.export(workdir, cell, round_, place, **how)
        assert str(caught.value).isprintable()
    with pytest.raises(WrongUse, match="is no directory"):
        pj.export(tmp_path / "none", CELL, 2, to)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"to": None}, "--to is missing, as in --to=net.safetensors"),
        ({"cell": None}, "--cell is missing, as in --cell=lrr/noise=0.4/seed=20"),
        ({"round_": "last"}, "--round=last"),
        ({"round_": 3}, "round 3 of"),
    ],
)
def test_what_is_refused_is_one_line(how, says, workdir, tmp_path):
    given = {"to": tmp_path / "net.safetensors", **how}
    line = processes.one_line(export(workdir, **given))
    assert line.startswith("export.py: ")
    assert says in line


def test_a_folder_in_the_way(workdir, tmp_path):
    to = tmp_path / "net.safetensors"
    to.mkdir()
    assert f"{to} cannot be used" in processes.one_line(export(workdir, to=to))


@pytest.fixture
def copy(workdir, tmp_path):
    """A copy of the run, to be changed."""
    shutil.copytree(workdir, tmp_path / "run")
    return tmp_path / "run"


def changed(workdir, change):
    path = paths.config(workdir)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_damaged_files(copy, tmp_path):
    to, cell = tmp_path / "net.safetensors", pj.Cell("weight_rewinding", 0.3, 0)
    paths.params(copy, cell, 1).unlink()
    with pytest.raises(WrongUse, match=r"params/round_01\.npz is missing"):
        pj.export(copy, cell, 1, to)
    paths.params(copy, cell, 2).write_bytes(b"PK\x03\x04")
    with pytest.raises(WrongUse, match=r"params/round_02\.npz cannot be read"):
        pj.export(copy, cell, 2, to)
    paths.config(copy).write_text("{")
    line = processes.one_line(export(copy, to=to))
    assert f"{copy} does not say what was run" in line
    assert not to.exists()


@pytest.mark.parametrize(
    "normalisation", [None, [], {"mean": 1}, {"mean": [1.0], "std": [True]}, {"mean": [1.0, 2.0]}]
)
def test_a_run_that_does_not_say_how_images_were_normalised(normalisation, copy, tmp_path):
    changed(copy, lambda content: content.update(normalisation=normalisation))
    to = tmp_path / "net.safetensors"
    assert "mean" not in pj.export(copy, CELL, 2, to).about
    assert "mean" not in files.read(to).about


def test_the_command_says_that_a_run_does_not_say_it(copy, tmp_path):
    changed(copy, lambda content: content.pop("normalisation"))
    done = export(copy, to=tmp_path / "net.safetensors")
    assert done.returncode == 0
    assert "does not say how images were normalised" in done.stdout


def test_a_run_without_parameters(copy, tmp_path):
    """As config.json says it of itself."""
    changed(copy, lambda content: content["experiment"].update(save_params=False))
    with pytest.raises(WrongUse, match=r"has no parameters, because save\.params was not set"):
        pj.export(copy, CELL, 2, tmp_path / "net.safetensors")


def test_help(tmp_path):
    shown = processes.run("--help", command="export")
    assert shown.returncode == 0
    assert "--format=torch" in shown.stdout


def test_the_file_is_plain(workdir, tmp_path):
    to = tmp_path / "net.safetensors"
    assert export(workdir, "--format=torch", to=to).returncode == 0
    arrays = load_file(to)
    assert {*arrays} == {f"fc{i}.{part}" for i in (1, 2, 3) for part in ("weight", "bias")}
    assert arrays["fc1.weight"].shape == (30, 64)
