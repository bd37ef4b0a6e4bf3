"""The commands of the package as a user starts them.

A part that calls them must not use JAX itself: its process would keep the device's memory.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.parts.setting import ROOT, Setting

DETERMINISTIC = "--xla_gpu_deterministic_ops=true"
"""What XLA on GPUs needs to be told so that two runs give the same bits."""

SMALL = {
    "train_images": 200,
    "batch_size": 64,
    "epochs": 2,
    "rounds": 2,
    "grid.algorithms": ("lrr", "random"),
    "grid.seeds": (0,),
}
"""What makes configs/smoke.py tiny, with fewer algorithms and networks."""

NO_CONTROLS = {
    "controls.width_rounds": (),
    "controls.without_noisy": (),
    "controls.tie_rounds": (),
}
"""Controls are networks of other widths or other examples, and each is compiled for itself."""


def line(
    command: str, *flags: str, config: str = "", workdir: Path | None = None, **settings: object
) -> list[str]:
    """A command of the package as it is started; settings have __ where their names have a dot."""
    words = [sys.executable, "-m", f"pruning_jax.{command}", *flags]
    words += [f"--config={ROOT / 'configs' / config}.py"] if config else []
    words += [f"--workdir={workdir}"] if workdir else []
    return words + [f"--config.{n.replace('__', '.')}={v}" for n, v in settings.items()]


def environment(setting: Setting, xla_flags: str = "") -> dict[str, str]:
    """That of a command. All of them keep compiled programs in one new place, so that the first
    of a kind compiles them."""
    own = os.environ.get("XLA_FLAGS", "")
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(setting.folder / "cache"),
        "XLA_FLAGS": f"{own} {xla_flags}".strip(),
    }


def run(words: list[str], environment: dict[str, str]) -> tuple[str, float]:
    """What a command printed, and its seconds.

    Raises:
      RuntimeError: it failed; with the last line that it said.
    """
    begin = time.perf_counter()
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    print(done.stdout, done.stderr, sep="\n", flush=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise RuntimeError(f"{words[2]} ended with {done.returncode}: {said}")
    return done.stdout, seconds
