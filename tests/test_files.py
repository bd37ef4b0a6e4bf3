"""Files that are written whole or not at all, and archives of arrays."""

import subprocess
import sys

import numpy as np
import pytest

from pruning_jax import files


def test_the_old_content_stays_if_writing_fails(tmp_path):
    path = tmp_path / "below" / "notes.txt"
    files.replace(path, lambda file: file.write(b"old"))

    def half(file):
        file.write(b"half of the new")
        raise OSError(28, "No space left on device", "a name that says nothing")

    with pytest.raises(OSError, match="No space left") as raised:
        files.replace(path, half)
    assert raised.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in path.parent.iterdir()] == ["notes.txt"]
    files.replace(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"


def test_what_a_killed_process_left_is_removed(tmp_path):
    code = (
        "import os, pathlib, sys; from pruning_jax import files\n"
        "files.replace(pathlib.Path(sys.argv[1]), lambda file: os._exit(1))"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "deep" / "notes.txt"])
    (left,) = (tmp_path / "deep").iterdir()
    assert left.name != "notes.txt"
    files.remove_partial(tmp_path, below=False)
    assert left.exists()
    files.remove_partial(tmp_path)
    assert not left.exists()


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_come_back_bit_for_bit(tmp_path, compressed):
    arrays = {
        "Dense_0/kernel": np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32),
        "label": np.array([True, False]),
        "el2n": np.array([np.nan, -0.0]),
    }
    path = tmp_path / "arrays.npz"
    files.write_arrays(path, arrays, compressed=compressed)
    found = files.read_arrays(path)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].tobytes() == array.tobytes()


def test_no_code_in_a_file_is_run(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez(path, evil=np.array([{"a": 1}], object))
    with pytest.raises(ValueError, match="allow_pickle"):
        files.read_arrays(path)
