"""The training programs, compiled for accelerators that are not here, must not become worse.

recorded.json has the most kernels that a step may have, and the loops inside it. Who makes the
programs better lowers its figures.
"""

import importlib.util
import json
from pathlib import Path

import pytest
from processes import NO_CONTROLS, ROOT, end, start

from pruning_jax.errors import install

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())
CASES = [(on, name) for on, names in RECORDED.items() for name in names]
COMPILERS = {"h100": ("jax_plugins", "aot-gpu"), "v5e": ("libtpu", "aot-tpu")}
CONFIGS = {"lenet_300_100": "mnist_lenet", "resnet20": "cifar10_resnet20"}
LONG = 900  # seconds: a busy machine compiles ResNet-20 for a TPU in more than TIMEOUT

pytestmark = pytest.mark.slow


def test_networks_are_recorded_for_both_devices():
    assert set(RECORDED) == set(COMPILERS)
    assert all(set(names) <= set(CONFIGS) and names for names in RECORDED.values())


@pytest.mark.parametrize(("on", "name"), CASES)
def test_a_step_on_a_device_that_is_not_here(on, name, tmp_path):
    module, extra = COMPILERS[on]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"XLA's compiler for it is not installed: {install(extra)}")
    line = [f"--config={ROOT / 'configs' / CONFIGS[name]}.py", f"--on={on}", "--json"]
    line += [f"--config.{setting}={value}" for setting, value in NO_CONTROLS.items()]
    line += ["--config.precision=bfloat16", "--config.grid.seeds=(0,)"]
    done = end(start(*line, command="plan", cwd=tmp_path), timeout=LONG)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["programs"]
    recorded, counts = RECORDED[on][name], found["counts"]
    assert found["problem"] == ""
    assert found["fits"]
    assert counts["collectives"] == counts["transfers"] == 0
    assert counts["loops"] == recorded["loops"]
    assert counts["kernels"] <= recorded["kernels"]
    assert found["bounds"]["least"] > 0
