"""The columns and arrays of a run: the contract, and the document that is made from them."""

import runpy
from pathlib import Path

import numpy as np
import processes
import pyarrow.parquet as pq

from pruning_jax.workdir.columns import COLUMNS, EXAMPLE_ARRAYS, OVER_ROUNDS, SCHEMA

DOCS = Path(__file__).parents[2] / "docs"

CONTRACT = """
    dataset:string model:string algorithm:string control_of:string control_round:int64 width:double
    without:string train_examples:int64 criterion:string rewind:string noise_kind:string
    noise_rate:double noise_realised:double seed:int64 round:int64 epochs_trained:double
    weights_total:int64 weights_remaining:int64 density:double schedule:string train_loss:double
    train_accuracy:double train_true_accuracy:double clean_accuracy:double noisy_accuracy:double
    noisy_recovered:double validation_loss:double validation_accuracy:double
    validation_noisy_accuracy:double test_loss:double test_accuracy:double distance:double
    diverged:bool seconds:double
"""
"""What readers of rounds.parquet rely on. A change of it belongs into the changelog."""


def test_names_order_and_types_are_the_contract():
    assert [f"{field.name}:{field.type}" for field in SCHEMA] == CONTRACT.split()


def test_every_column_and_array_has_a_meaning():
    for each in (*COLUMNS, *EXAMPLE_ARRAYS):
        assert each.meaning[0].isupper() or each.meaning[0] in "`0"
        assert each.meaning.endswith(".")


def test_a_real_run_has_these_columns_and_arrays(tmp_path_factory):
    run = processes.reference(tmp_path_factory)
    found = pq.ParquetFile(run / "rounds.parquet").read()
    assert found.schema.equals(SCHEMA)
    path = next(run.glob("cells/lrr/*/*/examples.npz"))
    with np.load(path, allow_pickle=False) as examples:
        arrays = dict(examples)
    assert set(arrays) == {array.name for array in EXAMPLE_ARRAYS}
    sizes = dict(zip(("round", "example"), arrays["correct"].shape, strict=True))
    sizes["test example"] = len(arrays["test_label"])
    assert len({*sizes.values()}) == 3
    for array in EXAMPLE_ARRAYS:
        own = arrays[array.name]
        assert own.dtype == array.type, array.name
        assert own.shape == tuple(sizes[axis] for axis in array.shape), array.name
    assert OVER_ROUNDS == ("train_loss", "correct", "test_prediction")


def test_the_document_is_what_the_code_says():
    made = runpy.run_path(str(DOCS / "files.py"))
    for path, parts in made["PAGES"].items():
        page = path.read_text()
        assert made["renewed"](page, parts) == page, f"{path} is old: run `python docs/files.py`"
    page = (DOCS / "files.md").read_text()
    for each in (*COLUMNS, *EXAMPLE_ARRAYS):
        assert f"| `{each.name}` |" in page
