"""Verdicts under other thresholds, against asking for them one by one."""

from math import log

import pandas as pd
import pytest

import pruning_jax as pj
from pruning_jax.analysis.settings import DEFAULTS
from pruning_jax.exploring.explorations.multiverse import TRIED
from pruning_jax.testing.made_up import made_up
from pruning_jax.workdir.collect import Run

KEYS = ["claim", "algorithm", "noise_rate"]


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    run: Run = made_up(tmp_path_factory.mktemp("run"))
    return run.rows, pj.explore(run, "multiverse")


def test_the_middle_one_of_each_setting_is_the_default():
    assert {name: values[1] for name, values in TRIED.items()} == {
        name: getattr(DEFAULTS, name) for name in TRIED
    }


@pytest.mark.slow
def test_every_combination_is_there_once(looked):
    _, found = looked
    names = [*TRIED, *KEYS]
    assert not found.duplicated(names).any()
    assert len(found[[*TRIED]].drop_duplicates()) == 3 ** len(TRIED)
    assert found.groupby(KEYS).size().nunique() == 1


@pytest.mark.parametrize(
    "own",
    [{}, {"delta": 0.01}, {"alpha": 0.1, "minimum_log_ratio": log(1.02), "size_tolerance": 1.25}],
)
def test_verdicts_are_those_of_claims(looked, own):
    rows, found = looked
    every = {name: own.get(name, getattr(DEFAULTS, name)) for name in TRIED}
    part = found
    for name, value in every.items():
        part = part[part[name] == value]
    assert part.is_default.all() == (own == {})
    expected = pj.claims(rows, **own)[[*KEYS, "verdict"]]
    part = part[[*KEYS, "verdict"]].astype({"claim": expected.claim.dtype})
    pd.testing.assert_frame_equal(
        part.sort_values(KEYS, ignore_index=True),
        expected.sort_values(KEYS, ignore_index=True),
        check_dtype=False,
    )
