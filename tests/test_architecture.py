"""The architecture: who may import whom, how long things are, what is never loaded.

Nothing here lists a module: files are found in the tree, and the order of the rooms is read from
the table in docs/architecture.md, which must be complete.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pruning_jax

PACKAGE = Path(pruning_jax.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
IDS = [str(path.relative_to(PACKAGE)) for path in SOURCES]
TABLE = PACKAGE.parent / "docs" / "architecture.md"


def room(path: Path) -> str:
    """The room of a file: the folder below the package, or the file itself."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def order() -> list[str]:
    """The rooms in the order of the table in docs/architecture.md: the lowest first."""
    lines = TABLE.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| room"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        names = re.findall(r"`([\w./]+)`", line.split("|")[1])
        found += [name.strip("/").removesuffix(".py") for name in names]
    return found


def imports(path: Path) -> set[str]:
    """The modules of the package that a file imports, wherever in the file, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith(f"{PACKAGE.name}.")}


def rooms_of(path: Path) -> set[str]:
    """The rooms that a file imports from."""
    there = {room(source) for source in SOURCES}
    return {name.split(".")[1] for name in imports(path)} & there


def test_the_table_of_rooms_is_complete():
    assert sorted(order()) == sorted({room(path) for path in SOURCES} - {"__init__"})


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_a_room_imports_only_from_lower_ones(path):
    rooms, own = order(), room(path)
    lower = rooms if own == "__init__" else rooms[: rooms.index(own) + 1]
    assert rooms_of(path) <= set(lower)


def test_imports_are_found():
    """The law above can fail."""
    assert {"training", "experiment"} <= rooms_of(PACKAGE / "pruning" / "rounds.py")
    assert rooms_of(PACKAGE / "masks.py") >= {"types"}


def dotted(path: Path) -> str:
    """The name of a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def test_modules_do_not_import_each_other_in_circles():
    modules = {dotted(path): path for path in SOURCES}
    uses = {
        name: {
            known
            for wanted in imports(path)
            for known in [wanted if wanted in modules else wanted.rpartition(".")[0]]
            if known in modules and known not in (name, PACKAGE.name)
        }
        for name, path in modules.items()
    }
    uses.pop(PACKAGE.name)  # the face of the package imports from everywhere, when it is asked
    while free := {name for name, used in uses.items() if not used & set(uses)}:
        uses = {name: used for name, used in uses.items() if name not in free}
    assert not uses


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_modules_and_functions_are_short(path):
    """At most 250 lines and 40 lines."""
    text = path.read_text()
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 40, node.name


def in_a_new_process(code: str) -> str:
    """What a Python process prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def loaded(*names: str, of: tuple[str, ...]) -> str:
    """Which of the packages `of` are loaded once the modules `names` are imported."""
    return in_a_new_process(
        "import importlib, sys\n"
        f"for name in {names}:\n"
        "    importlib.import_module(name)\n"
        "    if 'absl.flags' in sys.modules:\n"
        "        flags = sys.modules['absl.flags'].FLAGS\n"
        "        [delattr(flags, flag) for flag in list(flags)]  # commands share some\n"
        f"print(*sorted({{m.split('.')[0] for m in sys.modules}} & {set(of)}))\n"
    )


def test_nothing_imports_tensorflow():
    every = ("tensorflow_datasets", *map(dotted, SOURCES))
    assert loaded(*every, of=("tensorflow", "torch", "tensorflow_datasets")) == (
        "tensorflow_datasets"
    )


WITHOUT_JAX = (
    "experiment",
    "workdir",
    "analysis",
    "reporting",
    "mirrors",
    "plugins",
    "errors",
    "files",
)


def test_some_rooms_need_no_jax():
    """What only reads files and draws starts quickly and runs where JAX is not installed."""
    names = [dotted(path) for path in SOURCES if room(path) in WITHOUT_JAX]
    assert len(names) > len(WITHOUT_JAX)
    assert loaded(*names, of=("jax", "jaxlib", "flax", "optax")) == ""


def test_importing_the_package_imports_no_jax():
    assert loaded("pruning_jax", of=("jax", "jaxlib", "pandas", "matplotlib")) == ""


def test_asking_how_far_a_run_is_needs_no_jax():
    assert loaded("pruning_jax.status", of=("jax", "jaxlib", "flax", "optax")) == ""


def test_signals_are_seen_to_before_anything_heavy_is_imported():
    """`run` has nothing but this import and this call before all others."""
    heavy = ("jax", "numpy", "absl", "ml_collections", "pandas")
    assert loaded("pruning_jax.interrupt", of=heavy) == ""
    _, first, second, *_ = ast.parse((PACKAGE / "run.py").read_text()).body
    assert ast.unparse(first) == "from pruning_jax import interrupt"
    assert ast.unparse(second) == "if __name__ == '__main__':\n    interrupt.at_once()"
