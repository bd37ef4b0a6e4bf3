"""Names of devices that are not here, and what the table says of them."""

import pytest

from pruning_jax.ahead import targets
from pruning_jax.ahead.kinds import KINDS
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import PRECISIONS


@pytest.mark.parametrize(
    ("name", "kind", "count"),
    [("h100", "h100", 1), ("h100-8", "h100", 8), ("v5e", "v5e", 1), ("v5e-4", "v5e", 4)],
)
def test_devices_have_a_name_and_a_number(name, kind, count):
    found = targets.machine(name)
    assert (found.kind, found.number) == (KINDS[kind], count)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("h10", "did you mean h100?"),
        ("", "is not one of a100, a100_40gb, h100"),
        ("H100", "is not one of"),
        ("v5e-3", "the number of devices of v5e is one of 1, 4, 8"),
        ("h100-0", "the number of devices of h100 is one of 1, 2, 3"),
        ("h100-", "the number of devices of h100"),
        ("h100--1", "the number of devices of h100"),
        ("h100-9" + "0" * 5000, "the number of devices of h100"),
    ],
)
def test_devices_that_there_are_not(name, message):
    with pytest.raises(WrongUse, match=message.replace("?", r"\?")):
        targets.machine(name)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_figures_of_a_kind_are_possible(kind):
    """Less precision is not slower, and it takes milliseconds to seconds to read all memory."""
    peaks = [kind.peak[name] for name in PRECISIONS]
    assert peaks == sorted(peaks)
    assert set(kind.peak) == set(PRECISIONS)
    assert 1e-3 < kind.memory / kind.bandwidth < 1
    assert 0 < kind.usable <= 1
    assert (kind.gpu is None) == (kind.platform == "tpu")
    assert (kind.shapes is None) == (kind.platform == "cuda")
    assert (kind.launch > 0) == (kind.platform == "cuda")


def test_a_gpu_is_described_to_xla():
    kind = KINDS["a100"]
    assert kind.gpu
    text = targets.described(kind, kind.gpu)
    assert "cuda_compute_capability { major: 8 minor: 0 feature_extension: NONE }" in text
    assert "memory_bandwidth: 2039000000000" in text
    assert text.count("{") == text.count("}")
