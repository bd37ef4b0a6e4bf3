"""Networks to PyTorch and back, in double precision: a network of fifty layers magnifies what
single precision rounds."""

import functools
import importlib.util
import json
import re
import runpy
import types
from pathlib import Path

import jax
import jax.numpy as jnp
import networks
import numpy as np
import processes
import pytest

import pruning_jax as pj
from pruning_jax import plugins
from pruning_jax.exchange import files
from pruning_jax.exchange.layers import layers
from pruning_jax.exchange.state_dict import from_state_dict, state_dict
from pruning_jax.exchange.torch_networks import NETWORKS
from pruning_jax.training.network import logits

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[torch]'")

import safetensors.torch  # noqa: E402
from safetensors import safe_open  # noqa: E402
from torch.nn.utils import prune  # noqa: E402

MODELS = plugins.MODELS.names
slow = pytest.mark.slow


def in_torch(recipe):
    """The network of a recipe in PyTorch, with weights of its own."""
    size = {"width": recipe.width}
    if recipe.model == "lenet_300_100":
        size["inputs"] = int(np.prod(recipe.image_shape))
    else:
        size["image_channels"] = recipe.image_shape[-1]
    return NETWORKS[recipe.model](recipe.num_classes, **size).eval()


@functools.cache
def program(recipe):
    return jax.jit(lambda *own: logits(recipe, *own)[0])


def in_jax(network, images):
    """What our network computes, in double precision."""
    with jax.enable_x64(True):
        params, statistics = jax.tree.map(
            lambda a: a.astype(np.float64), (network.params, network.statistics)
        )
        return np.asarray(
            program(network.recipe)(params, network.mask, statistics, jnp.asarray(images))
        )


def in_torch_of(network, images):
    """What a network of PyTorch computes, in double precision."""
    with torch.no_grad():
        given = torch.tensor(images).permute(0, 3, 1, 2).contiguous()
        return network.double()(given).numpy()


def close(found, expected):
    """To 1e-9 of the largest logit; all of them differ by far more."""
    size = np.abs(expected).max()
    assert np.abs(expected - expected[::-1]).max() > 1e-2 * size
    np.testing.assert_allclose(found, expected, atol=1e-9 * size, rtol=0)


@pytest.mark.parametrize("model", MODELS)
def test_a_file_loads_into_pytorch_and_computes_the_same(model, tmp_path):
    network = networks.made(model)
    images = networks.images(network.recipe)
    files.write(network, tmp_path / "net.safetensors", "torch")
    other = in_torch(network.recipe)
    other.load_state_dict(safetensors.torch.load_file(tmp_path / "net.safetensors"))
    close(in_torch_of(other, images), in_jax(network, images))
    back = files.read(tmp_path / "net.safetensors")
    networks.assert_same(back, network)


@pytest.mark.parametrize("model", MODELS)
def test_a_network_that_pytorch_pruned_computes_the_same_here(model, tmp_path):
    recipe = networks.recipe(model)
    torch.manual_seed(0)
    other, rng = in_torch(recipe), np.random.default_rng(2)
    with torch.no_grad():
        for layer in other.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                for own in (layer.weight, layer.running_var):
                    own.copy_(torch.tensor(rng.uniform(0.5, 2, own.shape)))
                for own in (layer.bias, layer.running_mean):
                    own.copy_(torch.tensor(rng.normal(size=own.shape)))
            if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
                torch.nn.init.kaiming_normal_(layer.weight)  # so that no signal dies
                prune.random_unstructured(layer, "weight", 0.3)
    images = networks.images(recipe)
    path = tmp_path / "net.safetensors"
    safetensors.torch.save_file(other.state_dict(), path)
    expected = in_torch_of(other, images)
    for found in (from_state_dict(other.float().state_dict(), recipe), files.read(path, recipe)):
        close(in_jax(found, images), expected)
        pruned = 1 - np.mean(np.concatenate([m.ravel() for m in jax.tree.leaves(found.mask)]))
        assert pruned == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("model", MODELS)
def test_masks_go_along_as_pytorch_keeps_them(model, tmp_path):
    network = networks.made(model, width=0.5)
    path = tmp_path / "net.safetensors"
    files.write(network, path, "torch", masks=True)
    other = in_torch(network.recipe)
    pruned = [m for m in other.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    for layer in pruned:
        prune.identity(layer, "weight")
    other.load_state_dict(safetensors.torch.load_file(path))
    images = networks.images(network.recipe)
    close(in_torch_of(other, images), in_jax(network, images))
    assert prune.is_pruned(other)
    remaining = sum(int(layer.weight_mask.sum()) for layer in pruned)
    assert remaining == sum(int(mask.sum()) for mask in jax.tree.leaves(network.mask))
    networks.assert_same(files.read(path), network)


@pytest.mark.parametrize("model", MODELS)
def test_names_types_and_shapes_are_those_of_pytorch(model):
    network = networks.made(model, width=0.25)
    expected = {
        n: (tuple(a.shape), a.numpy().dtype)
        for n, a in in_torch(network.recipe).state_dict().items()
    }
    found = {n: (a.shape, a.dtype) for n, a in state_dict(network).items()}
    assert found == expected
    assert {*layers(model).values()} == {n.rpartition(".")[0] for n in expected}


DATA = """
import numpy as np
from pruning_jax.data.sources import DataSet, Source, Spec

SHAPE = {shape}
LABELS = np.arange(28) % 7


def images(labels):
    rng = np.random.default_rng(len(labels))
    colours = np.random.default_rng(0).integers(0, 160, (7, 1, 1, SHAPE[-1]))
    return (colours[labels] + rng.integers(0, 96, (len(labels), *SHAPE))).astype(np.uint8)


def load(data_dir):
    return Source(images(LABELS), LABELS, images(LABELS[:20]), LABELS[:20])


DATASET = DataSet(Spec(28, 20, SHAPE, 7), load)
"""
"""A data set whose classes have colours, so that a network learns something in a few steps."""


@slow
@pytest.mark.parametrize("model", MODELS)
def test_a_network_that_was_trained_and_exported_predicts_the_same(model, tmp_path, monkeypatch):
    """The command writes a real network; PyTorch predicts what the run has recorded, of images
    that are normalised as the file says."""
    monkeypatch.setattr(processes, "TIMEOUT", 1200)  # fifty layers take a while to compile
    shape = networks.SHAPES.get(model, (32, 32, 3))
    (tmp_path / "colours.py").write_text(DATA.format(shape=shape))
    settings = {
        "dataset": "colours:DATASET",
        "train_images": 0,
        "model": model,
        "width": 0.1,
        "validation_fraction": 0.0,
        "batch_size": 14,
        "epochs": 20,
        "learning_rate": 0.02,
        "rounds": 1,
        "prune_fraction": 0.5,
        "grid__algorithms": ("lrr",),
        "grid__noise_rates": (0.0,),
    }
    variables = {"variables": processes.QUICKLY_COMPILED, "cwd": tmp_path}
    done = processes.train(tmp_path / "run", **variables, **settings)
    assert done.returncode == 0, done.stderr
    flags = ("--cell=lrr/noise=0/seed=0", "--round=1", "--to=net.safetensors", "--format=torch")
    done = processes.run("--workdir=run", *flags, command="export", cwd=tmp_path)
    assert done.returncode == 0, done.stderr

    path = tmp_path / "net.safetensors"
    with safe_open(path, framework="np") as file:
        about = json.loads(file.metadata()["pruning_jax"])
    recipe = networks.recipe(model, width=0.1)
    other = in_torch(recipe)
    other.load_state_dict(safetensors.torch.load_file(path))
    examples = pj.load(tmp_path / "run").examples(pj.Cell("lrr", 0.0, 0))
    pixels = runpy.run_path(str(tmp_path / "colours.py"))["DATASET"].load("").test_images
    images = (pixels - np.array(about["mean"])) / np.array(about["std"])
    found = in_torch_of(other, images)
    close(found, in_jax(files.read(path), images))
    assert about["test_accuracy"] > 1 / 7
    np.testing.assert_array_equal(found.argmax(-1), examples["test_prediction"][1])
    assert about["test_accuracy"] == np.mean(found.argmax(-1) == examples["test_label"])
    assert about["density"] == pytest.approx(0.5, abs=1e-3)


def test_resnet50_is_that_of_torchvision(tmp_path):
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:  # or it was built for another build of PyTorch
        pytest.skip(f"torchvision cannot be used: {error}")
    network = networks.made("resnet50")
    path = tmp_path / "net.safetensors"
    files.write(network, path, "torch")
    other = models.resnet50(num_classes=7).eval()
    other.load_state_dict(safetensors.torch.load_file(path))
    images = networks.images(network.recipe)
    close(in_torch_of(other, images), in_jax(network, images))


def test_a_network_of_data_parallel(tmp_path):
    network = networks.made("resnet20", width=0.25)
    parallel = {f"module.{name}": torch.tensor(a) for name, a in state_dict(network).items()}
    networks.assert_same(from_state_dict(parallel, network.recipe), network)


def test_half_precision_is_widened(tmp_path):
    network = networks.made("resnet20", width=0.25)
    for kind in (torch.float16, torch.bfloat16):
        own = {
            name: torch.tensor(a).to(kind) if a.dtype == np.float32 else torch.tensor(a)
            for name, a in state_dict(network).items()
        }
        path = tmp_path / "net.safetensors"
        safetensors.torch.save_file(own, path)
        found = files.read(path, network.recipe)
        for a, b in zip(
            jax.tree.leaves(found.params), jax.tree.leaves(network.params), strict=True
        ):
            assert a.dtype == np.float32
            np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-6)


def test_the_code_of_the_page(tmp_path, monkeypatch):
    """All its blocks but the one that takes a network out of a run, in their order."""
    monkeypatch.chdir(tmp_path)
    about = {"mean": [125.0, 123.0, 114.0], "std": [63.0, 62.0, 67.0]}
    network = networks.made("resnet20", num_classes=10, about=about)
    files.write(network, "net.safetensors", "torch")
    files.write(network, "net_with_masks.safetensors", "torch", masks=True)
    files.write(network, "theirs.safetensors", "torch")
    page = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text()
    _, loading, masking, *_ = blocks = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    own = {
        "pixels": np.zeros((2, 32, 32, 3)),
        "params": network.params,
        "optimizer_state": types.SimpleNamespace(masks=network.mask),
    }
    assert "pj.export" in blocks[0]
    for block in (loading, masking):
        exec(block, own)
    own["torch_network"] = own["network"]
    files.write(network, "net_native.safetensors")
    for block in blocks[3:]:
        exec(block, own)
    assert own["out"].shape == (2, 10)
    assert own["about"]["mean"] == about["mean"]
    networks.assert_same(own["network"], network)
    assert jax.tree.all(jax.tree.map(np.array_equal, own["mask"], network.mask))


def test_the_file_of_networks_needs_nothing_but_pytorch(tmp_path):
    source = Path(importlib.util.find_spec("pruning_jax.exchange.torch_networks").origin)
    copy = tmp_path / "copied.py"
    copy.write_text(source.read_text())
    spec = importlib.util.spec_from_file_location("copied", copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "pruning_jax" not in source.read_text()
    assert module.resnet20()(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
