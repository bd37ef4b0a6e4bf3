"""The examples in docstrings."""

import doctest
import importlib
from pathlib import Path

import pytest

import pruning_jax

PACKAGE = Path(pruning_jax.__file__).parent
WITH_EXAMPLES = sorted(p for p in PACKAGE.rglob("*.py") if ">>> " in p.read_text())


def test_there_are_examples():
    assert WITH_EXAMPLES


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_examples_in_docstrings(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed
