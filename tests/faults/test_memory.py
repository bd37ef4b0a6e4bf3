"""Memory that is too small: fewer replicas are trained at once, and a line says so.

Memory is really refused, by a limit that a process sets itself. It lies far between what eight
replicas need and what one does, because a compiler that is refused memory ends the whole process.
"""

import jax
import jax.numpy as jnp
import pytest
from processes import in_succession, one_line, training

from pruning_jax.grid import memory
from pruning_jax.workdir import examine, paths

BEGIN = r"^os.rename .*replicas_at_once"  # JAX has begun, but nothing is on its devices
LARGE = {
    **{"width": 16, "rounds": 1, "epochs": 1, "train_images": 80, "grid__algorithms": ("lrr",)},
    **{"save__params": False, "grid__seeds": (0, 1, 2, 3)},
}
"""Eight replicas of 8 million weights, of 32 MB for each copy: they need some 3 GB."""

# Each further arena of the C library would reserve 64 MB that nobody uses.
VARIABLES = {"MALLOC_ARENA_MAX": "1"}


@pytest.mark.slow
def test_replicas_that_do_not_fit_at_once_are_trained_in_turn(tmp_path):
    workdir = tmp_path / "run"
    step = {"arguments": training(workdir, **LARGE), "scarce_before": [BEGIN, 2200]}
    (done,) = in_succession([step], **VARIABLES)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "memory is too small for 8 replicas at once" in done.stdout
    assert int(paths.replicas_at_once(workdir).read_text()) < 8, "for those that come later"
    found = examine.examine(workdir)
    assert found.holds
    assert found.complete == found.cells == 8


@pytest.mark.slow
def test_one_replica_that_does_not_fit_is_told_in_a_line(tmp_path):
    settings = LARGE | {"width": 30, "grid__noise_rates": (0.0,), "grid__seeds": (0,)}
    flags = training(tmp_path / "run", **settings)
    (done,) = in_succession([{"arguments": flags, "scarce_before": [BEGIN, 500]}], **VARIABLES)
    done.stdout = ""  # it had begun
    assert "memory is too small for one replica of lrr" in one_line(done)


def test_what_memory_that_is_refused_says():
    """In the words of the installed JAX: no machine has so much."""
    with pytest.raises(jax.errors.JaxRuntimeError, match="allocat") as refused:
        jnp.zeros(2**46, jnp.int8).block_until_ready()
    assert memory.exhausted(refused.value)
    assert memory.exhausted(MemoryError())
    assert not memory.exhausted(jax.errors.JaxRuntimeError("INTERNAL: another error"))
    assert not memory.exhausted(RuntimeError("Out of memory"))
