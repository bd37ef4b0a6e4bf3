"""Runs with code of the user's own: a run holds rows of one text alone, and scores that say
nothing are refused."""

import json

import numpy as np
import processes
import pytest
from processes import one_line, run, train

from pruning_jax.errors import OwnCode
from pruning_jax.pruning import telling
from pruning_jax.pruning.telling import Span

CRITERION = """
import jax
import jax.numpy as jnp

def score(evidence):
    return jax.tree.map(jnp.abs, evidence.weights)

def nothing(evidence):
    return jax.tree.map(lambda w: w * jnp.nan, evidence.weights)

def alike(evidence):
    return jax.tree.map(jnp.ones_like, evidence.weights)

def divided_by_nothing(evidence):
    return jax.tree.map(lambda w: (1 + jnp.abs(w)) / (w - w), evidence.weights)
"""
MINE = "--config.algorithms.mine.criterion=own:"
ONE = {"grid.algorithms": ("mine",), "grid.seeds": (0,), "grid.noise_rates": (0.0,)}


def trained(folder, name="score", **settings):
    """A tiny run of a criterion in own.py, in the folder."""
    return train("run", f"{MINE}{name}", cwd=folder, **{**ONE, **settings})


@pytest.mark.slow
def test_a_run_under_an_edited_criterion_is_refused(tmp_path):
    own, config = tmp_path / "own.py", tmp_path / "run" / "config.json"
    own.write_text(CRITERION)
    first = trained(tmp_path)
    assert first.returncode == 0, first.stderr
    assert trained(tmp_path).returncode == 0
    before = processes.files(tmp_path / "run")

    own.write_text(CRITERION.replace("jnp.abs, e", "jnp.square, e"))
    line = one_line(trained(tmp_path))
    for part in (str(own), "changed since this run began", "another workdir", "remove own from"):
        assert part in line
    line = one_line(run("--workdir=run", "--deep", command="verify", cwd=tmp_path))
    assert str(own) in line
    assert "--deep needs that text" in line
    assert processes.files(tmp_path / "run") == before

    own.write_text(CRITERION)
    assert trained(tmp_path).returncode == 0

    own.write_text(f"# A note.\n{CRITERION}")  # as the message says for what alters no result
    assert trained(tmp_path).returncode == 2
    content = json.loads(config.read_text())
    assert list(content.pop("own_modules")) == ["own"]
    config.write_text(json.dumps(content))
    assert trained(tmp_path).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing", "have NaN or infinity as their score"),
        ("alike", "have the same score, 1."),
        ("divided_by_nothing", "have NaN or infinity as their score"),
    ],
)
def test_scores_that_tell_no_weights_apart_are_refused(tmp_path, name, says):
    (tmp_path / "own.py").write_text(CRITERION)
    done = trained(tmp_path, name)
    assert done.returncode == 2
    assert f"criterion 'own:{name}' decides nothing" in done.stderr
    assert says in done.stderr
    assert f"check_criterion('own:{name}')" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_criterion_that_was_refused_may_be_mended(tmp_path):
    """Another algorithm trains before it, and its own round 0 is there already."""
    own, config = tmp_path / "own.py", tmp_path / "run" / "config.json"
    own.write_text(CRITERION)
    both = {"grid.algorithms": ("lrr", "mine")}
    assert trained(tmp_path, "nothing", **both).returncode == 2
    before = json.loads(config.read_text())
    kept = processes.files(tmp_path / "run" / "cells" / "lrr")
    assert kept

    mended = CRITERION.replace("w * jnp.nan", "jnp.abs(w)")
    own.write_text(mended)
    done = trained(tmp_path, "nothing", **both)
    assert done.returncode == 0, done.stderr
    assert processes.files(tmp_path / "run" / "cells" / "lrr") == kept
    now = json.loads(config.read_text())
    assert now.pop("own_modules") != before.pop("own_modules")
    assert now == before
    verified = run("--workdir=run", "--deep", command="verify", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout

    own.write_text(mended.replace("jnp.abs(w)", "jnp.square(w)"))
    assert "changed since this run began" in one_line(trained(tmp_path, "nothing", **both))


def spans(lowest, highest, finite, weights=10, diverged=False):
    """Spans of as many networks as there are lowest scores."""
    columns = np.broadcast_arrays(weights, finite, lowest, highest, diverged)
    return Span(*(np.atleast_1d(column) for column in columns))


@pytest.mark.parametrize(
    "fine",
    [
        spans([0.0, -1.0], [1.0, 2.0], 10),
        spans(0.0, 1.0, 2),  # some are infinite, which may be meant
        spans(np.inf, -np.inf, 0, diverged=True),
        spans(1.0, 1.0, 1, weights=1),
    ],
)
def test_what_tells_weights_apart_or_cannot_is_fine(fine):
    telling.check("own:score", fine)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (spans(np.inf, -np.inf, 0), "of the 10 weights .* 10 have NaN or infinity as their score"),
        (spans([0.0, 3.0], [1.0, 3.0], [10, 10]), "10 have the same score, 3"),
        (spans(3.0, 3.0, 4), "4 have the same score, 3 and 6 have NaN or infinity"),
    ],
)
def test_what_does_not_is_named(found, says):
    with pytest.raises(OwnCode, match=says):
        telling.check("own:score", found)
