"""The laws of analyses hold for every one that comes with the package."""

import tempfile
from pathlib import Path

import pytest

from pruning_jax.analysis import answers
from pruning_jax.plugins import ANALYSES
from pruning_jax.testing import check_analysis
from pruning_jax.testing.made_up import made_up


@pytest.mark.parametrize("name", ANALYSES.names)
def test_it_keeps_the_laws(name):
    check_analysis(name)


def test_the_laws_are_checked_on_tables_with_rows():
    with tempfile.TemporaryDirectory() as folder:
        found = answers.tables(made_up(Path(folder)), [])
    assert set(found) == set(ANALYSES.names)
    assert not [name for name, table in found.items() if table.empty]
