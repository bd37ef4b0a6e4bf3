"""The architecture: who may import whom, how long things are, what is never loaded."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pruning_jax

PACKAGE = Path(pruning_jax.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

ROOMS = {
    "words": "types checks cache rules",
    "descriptions": "config streams devices",
    "plug-ins": "masks noise augmentations data models criteria",
    "input": "pixels feed",
    "one network": "state train rewind programs",
    "many networks": "replicas streaming rounds",
    "a grid": "experiment controls recipes resolve grid cost dryrun metrics",
    "files": "checkpoints locks results snapshots replicates subsets workdir",
    "at work": "runner",
    "answers": "analysis charts figures listing swatches interactive page sections tables progress",
    "preparation": "download origins prepare_images",
    "commands": "cli run plan verify report prepare",
}
"""Each module, or folder, imports only from those before it, in its own room or in another."""

ORDER = " ".join(ROOMS.values()).split()


def place(path):
    """The module, or the folder of plug-ins, that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """The modules of the package that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (n.split(".")[1] for n in names if n.startswith(f"{PACKAGE.name}."))


def test_every_module_has_a_place_and_every_place_a_module():
    assert {place(path) for path in SOURCES} - {"__init__"} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_those_before_it(path):
    own = place(path)
    before = ORDER[: ORDER.index(own) + 1] if own in ORDER else []
    assert not set(imported(path)) - set(before)


def test_imports_are_found():
    """The law above can fail."""
    assert {"config", "masks", "programs", "replicas"} <= set(imported(PACKAGE / "rounds.py"))
    assert set(imported(PACKAGE / "criteria" / "magnitude.py")) == {"criteria", "types"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_are_short(path):
    """At most 250 lines and 40 lines."""
    text = path.read_text()
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 40, node.name


def test_nothing_imports_tensorflow():
    names = [".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts) for p in SOURCES]
    code = (
        "import importlib, sys, tensorflow_datasets\n"
        "from absl.flags import FLAGS\n"
        f"for name in {names}:\n"
        "    importlib.import_module(name.removesuffix('.__init__'))\n"
        "    [delattr(FLAGS, flag) for flag in list(FLAGS)]  # commands share some\n"
        "assert 'pruning_jax.run' in sys.modules\n"
        "print(*(m for m in sys.modules if m.split('.')[0] in ('tensorflow', 'torch')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
