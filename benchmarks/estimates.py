"""How far the times are off that `plan` estimates: each job is planned, then run, and timed.

  python benchmarks/estimates.py [--runs=3]

Prints the table of docs/performance.md. The first run of a job compiles its programs; the others
find them in the cache, and the least of them counts. The jobs are whole or parts of the
configurations; those of MNIST and CIFAR-10 need the data (TFDS_DATA_DIR) and are left out without
them. Takes about 20 minutes; nothing else should run on the machine.
"""

import datetime
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax

ROOT = Path(__file__).parents[1]
JOBS = {
    "digits": "",
    "mnist_small, 4 rounds, 2 seeds": "--config.rounds=4 --config.grid.seeds='(0,1)' "
    "--config.controls.width_rounds='(4,)' --config.controls.tie_rounds='(4,)'",
    "cifar10_small, 1 round, 2 epochs": "--config.epochs=2 --config.milestones='(1,)' "
    "--config.densities='(0.512,)' --config.algorithms.extended_dense.densities='(1.0,)'",
}


def called(cache: str, *arguments: str) -> tuple[str, float]:
    """What a command printed, and its seconds."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, "XDG_CACHE_HOME": cache},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or done.stdout[-500:])
    return done.stdout, time.perf_counter() - begin


def measured(name: str, runs: int, cache: str, folder: str) -> tuple[float, ...]:
    """The seconds of `plan`, of the estimate, of the first run, and of the best of the others."""
    file = f"configs/{name.split(',', maxsplit=1)[0]}.py"
    settings = [f"--config={file}", *shlex.split(JOBS[name])]
    called(cache, "pruning_jax.plan", *settings, "--json")  # calibrates
    printed, plan = called(cache, "pruning_jax.plan", *settings, "--json")
    estimate = json.loads(printed)["seconds"]
    times = []
    for i in range(runs):
        workdir = f"--workdir={folder}/{i}"
        times.append(called(cache, "pruning_jax.run", *settings, workdir)[1])
    return plan, estimate, times[0], min(times[1:], default=times[0])


def main() -> None:
    runs = int(next((a.partition("=")[2] for a in sys.argv if a.startswith("--runs=")), 2))
    where = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    print(f"{datetime.date.today()}, {where}, jax {jax.__version__}\n")
    print("| job | `plan` takes | it estimates | first run | estimated / first | second run |")
    print("|---|---|---|---|---|---|")
    for name in JOBS:
        with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as folder:
            try:
                plan, estimate, first, later = measured(name, runs, cache, folder)
            except RuntimeError as error:
                print(f"{name} is left out: {error}")
                continue
        print(
            f"| {name} | {plan:.1f} s | {estimate:.0f} s | {first:.0f} s | "
            f"{estimate / first:.2f} | {later:.0f} s |",
            flush=True,
        )


if __name__ == "__main__":
    main()
