"""A run that was really trained, for all tests of explorations."""

import shutil

import pytest

from pruning_jax.testing import exploration
from pruning_jax.workdir.collect import load


@pytest.fixture
def run(tmp_path):
    """A copy of it, in which nobody has explored anything."""
    shutil.copytree(exploration.tiny().workdir, tmp_path / "run")
    return load(tmp_path / "run")
