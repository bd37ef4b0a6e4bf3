"""The cache of decoded arrays: damage is noticed, room is missed, nothing half written stays."""

import gc
import os
import subprocess
import sys

import numpy as np
import pytest
from processes import full_disk

from pruning_jax.data.reading import array_cache
from pruning_jax.errors import WrongUse


@pytest.fixture
def source():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 50, 5, 5, 1)).astype(np.uint8)
    labels = rng.integers(0, 10, (2, 50)).astype(np.int32)
    return {"train_images": images[0], "train_labels": labels[0], "test_images": images[1]}


def test_a_damaged_file_of_the_cache_is_none(tmp_path, source):
    """A bit that matters flipped anywhere, cut anywhere: it will be decoded again."""
    kept = tmp_path / "kept.npz"
    array_cache.write(kept, source)
    whole = kept.read_bytes()
    refused = 0
    for place in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        for content in (bytes(flipped), whole[:place]):
            kept.write_bytes(content)
            found = array_cache.read(kept)
            refused += found is None
            for array, expected in zip((found or {}).values(), source.values(), strict=bool(found)):
                np.testing.assert_array_equal(array, expected)
    assert refused > len(whole) / 7
    kept.unlink()
    assert array_cache.read(kept) is None


def test_a_cache_without_room(tmp_path, source, capfd):
    """One line; nothing half written; with room again all is as if nothing had been."""
    for size in (0, 100, 2000):
        with (
            full_disk(size),
            pytest.raises(WrongUse, match=r"cannot be written, .*: File too large; make room"),
        ):
            array_cache.write(tmp_path / "kept.npz", source)
        assert not list(tmp_path.iterdir())
    gc.collect()
    assert capfd.readouterr() == ("", "")
    array_cache.write(tmp_path / "kept.npz", source)
    found = array_cache.read(tmp_path / "kept.npz")
    for array, expected in zip(found.values(), source.values(), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_what_killed_processes_left_in_the_cache_goes(tmp_path, source):
    left = [tmp_path / f"mnist-0123.npz.{pid}.tmp" for pid in (1, 2)]
    for path in left:
        path.write_bytes(b"half")
    os.utime(left[0], (0, 0))
    array_cache.write(tmp_path / "kept.npz", source)
    assert {path.name for path in tmp_path.iterdir()} == {"kept.npz", left[1].name}


def test_a_clock_that_jumps_costs_no_more_than_the_cache(tmp_path):
    """Another process, whose clock is hours ahead, removes what this one is about to finish."""
    code = (
        "import pathlib, sys, numpy\n"
        "from pruning_jax.data.reading import array_cache\n"
        "def lose(event, arguments):\n"
        "    if event == 'os.rename':\n"
        "        pathlib.Path(arguments[0]).unlink()\n"
        "sys.addaudithook(lose)\n"
        "array_cache.write(pathlib.Path(sys.argv[1]), {'a': numpy.ones(3)})\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "kept.npz"], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not list(tmp_path.iterdir())
