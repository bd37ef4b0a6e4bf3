"""Networks in safetensors files: what is written, who can read it, and what is refused."""

import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import networks
import numpy as np
import pytest
from flax import traverse_util
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import pruning_jax
from pruning_jax.errors import WrongUse, install
from pruning_jax.exchange import files
from pruning_jax.exchange import network as exchange
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.network import logits

ABOUT = {
    "dataset": "digits",
    "cell": "lrr/noise=0.4/seed=20",
    "round": 5,
    "mean": [4.5],
    "std": [2.0],
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def test_there_and_back(path):
    network = networks.made("resnet20", about=ABOUT, width=0.25)
    for format_ in files.FORMATS:
        files.write(network, path, format_)
        found = files.read(path)
        networks.assert_same(found, network)
        assert found.recipe == network.recipe
        assert {k: found.about[k] for k in ABOUT} == ABOUT
        files.write(found, path, format_)  # again
        assert files.read(path).about == found.about


def test_arrays_that_lie_otherwise_in_memory_are_written_as_they_are(path):
    """safetensors 0.8.0 writes the bytes as they lie there."""
    plain = networks.made("lenet_300_100")
    turned = plain._replace(
        params=jax.tree.map(np.asfortranarray, plain.params),
        mask=jax.tree.map(np.asfortranarray, plain.mask),
    )
    assert not turned.params["Dense_0"]["kernel"].flags.c_contiguous
    for format_ in files.FORMATS:
        files.write(turned, path, format_)
        networks.assert_same(files.read(path), plain)


def test_a_file_is_read_without_this_program(path):
    network = networks.made("resnet20", about=ABOUT, width=0.25)
    files.write(network, path)
    trees = traverse_util.unflatten_dict(load_file(path), sep="/")
    assert {*trees} == {"params", "mask", "statistics"}
    np.testing.assert_array_equal(
        trees["params"]["Conv_3"]["kernel"], network.params["Conv_3"]["kernel"]
    )
    assert trees["mask"]["Conv_3"]["kernel"].dtype == bool
    with safe_open(path, framework="np") as file:
        text = file.metadata()
    assert {*text} == {"pruning_jax"}
    about = json.loads(text["pruning_jax"])
    assert about["version"] == pruning_jax.__version__
    assert about["recipe"]["model"] == "resnet20"
    assert "engine" not in about["recipe"]
    assert {k: about[k] for k in ABOUT} == ABOUT
    files.write(network, path, "torch")
    with safe_open(path, framework="np") as file:
        assert json.loads(file.metadata()["pruning_jax"]) == about | {"format": "torch"}


def test_the_same_network_is_the_same_file(path):
    network = networks.made("resnet20", about=ABOUT, width=0.25)
    found = set()
    for _ in range(5):
        files.write(network, path)
        found.add(path.read_bytes())
    assert len(found) == 1


def test_what_is_read_computes(path):
    network = networks.made("vgg16", width=0.1)
    images = jnp.asarray(networks.images(network.recipe), jnp.float32)
    expected, _ = logits(*network[:4], images)
    files.write(network, path)
    found = files.read(path)
    out, _ = logits(found.recipe, found.params, found.mask, found.statistics, images)
    np.testing.assert_array_equal(out, expected)


def test_a_model_of_ones_own(path):
    """It can be written as it is; reading it imports nothing that the file names."""
    own = Recipe(model="not_there:build")
    arrays = {
        "params": {"layer/kernel": np.ones((3, 2)), "layer/bias": np.ones(2)},
        "mask": {"layer/kernel": np.eye(3, 2, dtype=bool)},
        "statistics": {},
    }
    network = exchange.made(own, arrays, {})
    np.testing.assert_array_equal(network.params["layer"]["kernel"], np.eye(3, 2))
    files.write(network, path)
    networks.assert_same(files.read(path), network)
    with pytest.raises(WrongUse, match="no layers with names of PyTorch"):
        files.write(network, path, "torch")


def test_what_may_not_be_written(path, tmp_path):
    network = networks.made("lenet_300_100")
    for own, format_, masks, says in [
        (
            path,
            "pytorch",
            False,
            "format 'pytorch' is not one of native, torch; did you mean torch?",
        ),
        (path, "native", True, "masks go with the format 'torch'"),
        (tmp_path / "net.npz", "native", False, r"net.npz does not end in \.safetensors"),
    ]:
        with pytest.raises(WrongUse, match=says):
            files.write(network, own, format_, masks=masks)
    assert [*tmp_path.iterdir()] == []


def saved(path, change=lambda arrays: None, **text):
    """A file of a network with something changed."""
    network = networks.made("lenet_300_100")
    files.write(network, path)
    arrays, known = files.load(path)
    change(arrays)
    save_file(arrays, path, {**known, **text})
    return path


def recipe(**parts):
    """What a file says with another recipe."""
    return json.dumps({"recipe": parts})


SHAPE = {"image_shape": [6, 5, 3], "num_classes": 7}


def test_files_that_are_not_such_a_network(path):
    cases = [
        ({"change": lambda a: a.pop("params/Dense_0/bias")}, "Dense_0/bias is missing"),
        ({"change": lambda a: a.pop("mask/Dense_0/kernel")}, "the mask: Dense_0/kernel is missing"),
        (
            {"change": lambda a: a.update({"mask/Dense_0/kernel": a["params/Dense_0/kernel"]})},
            "the mask of Dense_0/kernel is of type float32, not bool",
        ),
        (
            {"change": lambda a: a.update({"params/Dense_9/bias": np.ones(3)})},
            "Dense_9/bias is there",
        ),
        (
            {"change": lambda a: a.update({"statistics/x/mean": np.ones(3)})},
            "x/mean is there in vain",
        ),
        ({"pruning_jax": "{"}, "its text pruning_jax is no JSON"),
        ({"pruning_jax": "[" * 100_000}, "its text pruning_jax is no JSON"),
        ({"pruning_jax": "[]"}, "is not a JSON object"),
        ({"pruning_jax": "{}"}, "does not say which network it has"),
        ({"pruning_jax": recipe(model="lenet", **SHAPE)}, "model 'lenet' is not one of"),
        ({"pruning_jax": recipe(width="wide", **SHAPE)}, "width is 'wide', not float"),
        ({"pruning_jax": recipe(breadth=1.0, **SHAPE)}, "its recipe cannot be used: TypeError"),
        (
            {"pruning_jax": recipe(width=0.5, **SHAPE)},
            r"has the shape \(300,\), expected is \(150,\)",
        ),
        (
            {"pruning_jax": recipe(num_classes=10**30, image_shape=[6, 5, 3])},
            "is not a whole number",
        ),
        ({"pruning_jax": recipe(num_classes=-7, image_shape=[6, 5, 3])}, "num_classes"),
        (
            {"pruning_jax": recipe(num_classes=7, image_shape=[10**12, 10**12, 3])},
            "net.safetensors",
        ),
    ]
    for how, says in cases:
        with pytest.raises(WrongUse, match=says) as caught:
            files.read(saved(path, **how))
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_names_that_are_no_tree(path):
    arrays = {"params/a": np.ones(2), "params/a/kernel": np.ones((2, 2))}
    arrays["mask/a/kernel"] = np.ones((2, 2), bool)
    save_file(arrays, path, {"pruning_jax": recipe(model="mine:build", **SHAPE)})
    with pytest.raises(WrongUse, match="cannot be read"):
        files.read(path)


def test_files_that_cannot_be_read(path, tmp_path):
    with pytest.raises(WrongUse, match=r"net\.safetensors is missing"):
        files.read(path)
    with pytest.raises(WrongUse, match="is not a file"):
        files.read(tmp_path)
    whole = saved(path).read_bytes()
    for content in (
        b"",
        b"\x00" * 8,
        whole[:100],
        whole[:-1],
        b"\xff" * 8 + whole[8:],
        whole + b"x",
    ):
        path.write_bytes(content)
        with pytest.raises(WrongUse, match=r"net\.safetensors cannot be read"):
            files.read(path)


def test_without_safetensors(tmp_path):
    code = (
        "import sys\n"
        "sys.modules['safetensors'] = None\n"  # so Python finds none
        "from pathlib import Path\n"
        "from pruning_jax.exchange import files\n"
        "try:\n"
        "    files.read(Path('net.safetensors'))\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == (f"safetensors is not installed; {install('export')} brings it\n")
