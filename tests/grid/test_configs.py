"""The configurations: each is sound, says its command, and can be planned at once."""

import runpy

import pytest
from processes import ROOT

import pruning_jax as pj
from pruning_jax.grid import dryrun
from pruning_jax.grid.resolve import resolve
from pruning_jax.training import replicas

CONFIGS = sorted((ROOT / "configs").glob("*.py"))


def each():
    """All of them; those of deep networks, which take long to trace, are slow."""
    for path in CONFIGS:
        deep = path.stem.startswith(("cifar", "imagenet"))
        yield pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if deep else [])


@pytest.mark.parametrize("path", [*each()])
def test_every_configuration_is_sound_and_its_plan_compiles_no_program(path):
    module = runpy.run_path(str(path))
    assert f"--config=configs/{path.name}" in module["__doc__"]
    assert "python -m pruning_jax.run" in module["__doc__"]
    config = module["get_config"]()
    before = replicas.program.cache_info()
    plan = pj.plan(config)
    assert replicas.program.cache_info() == before
    assert plan.estimated
    assert plan.seconds == pytest.approx(sum(group.seconds for group in plan.groups))
    assert all(group.seconds > 0 and group.bytes > 0 for group in plan.groups)
    assert "estimated" in str(plan)
    dryrun.check(resolve(config))
