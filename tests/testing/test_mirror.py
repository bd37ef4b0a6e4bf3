"""check_mirror sees each law that a mirror breaks, and says what to do."""

import importlib.util
import json
import sys

import pytest

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_mirror


def sound(folder, cell, rows):
    with (folder / "all.jsonl").open("a") as file:
        file.writelines(json.dumps([cell, row["round"]]) + "\n" for row in rows)


def outside(folder, cell, rows):
    (folder.parent / "elsewhere.txt").write_text("x")


def changes_rows(folder, cell, rows):
    rows[0]["round"] = 0.5


def removes_rows(folder, cell, rows):
    rows.clear()


def no_nan(folder, cell, rows):
    for row in rows:
        int(100 * row["test_accuracy"])


def once_only(folder, cell, rows):
    (folder / cell.folder).mkdir(parents=True)


def leaves(folder, cell, rows):
    sys.exit(0)


@pytest.mark.parametrize(
    ("mirror", "says"),
    [
        (outside, "made elsewhere.txt outside the folder"),
        (changes_rows, "changed the rows that it was given"),
        (removes_rows, "changed the rows that it was given"),
        (no_nan, "ValueError: cannot convert float NaN to integer when it was given later rows"),
        (once_only, "raised FileExistsError"),
        (leaves, "raised SystemExit"),
    ],
)
def test_a_broken_law_is_named(mirror, says):
    with pytest.raises(AssertionError, match=says) as raised:
        check_mirror(mirror)
    assert mirror.__name__ in str(raised.value)


def test_what_keeps_the_laws_passes():
    check_mirror(sound)
    with pytest.raises(WrongUse, match="did you mean tensorboard"):
        check_mirror("tensorbord")


@pytest.mark.parametrize("name", plugins.MIRRORS.names)
def test_built_in_mirrors_keep_the_laws(name, monkeypatch):
    needs = importlib.import_module(f"{plugins.MIRRORS.folder}.{name}").NEEDS
    if importlib.util.find_spec(needs) is None:
        pytest.skip(f"{needs} is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    check_mirror(name)
