"""Two finished runs whose parameters are saved, for tests that tamper with copies of them."""

import processes

from pruning_jax.experiment.cells import Cell

ALGORITHMS = (
    *("lrr", "random", "lottery", "reinit", "shuffled"),
    *("movement", "finetune", "layerwise"),
)
LRR = Cell("lrr", 0.3, 0)
LAYERS = ("Dense_0/kernel", "Dense_1/kernel", "Dense_2/kernel")  # the last one is excluded
CELLS, ROUNDS = 16, 3

SEEDS = ("lrr", "without_top_improved_01", "without_random_01")
"""The algorithms of the run that has two seeds."""


def finished(tmp_path_factory):
    """A run with excluded layers and masks of another algorithm."""

    def make(folder):
        done = processes.train(
            folder,
            grid__algorithms=ALGORITHMS,
            grid__noise_rates=(0.1, 0.3),
            exclude=("Dense_2",),
            save__params=True,
        )
        assert done.returncode == 0, done.stderr

    return processes.once(tmp_path_factory, "verified", make)


def seeds(tmp_path_factory):
    """A run with two seeds, and controls without the top-improved and without random examples."""

    def make(folder):
        done = processes.train(
            folder,
            grid__algorithms=("lrr",),
            grid__noise_rates=(0.3,),
            grid__seeds=(0, 1),
            controls__tie_rounds=(1,),
            save__params=True,
        )
        assert done.returncode == 0, done.stderr

    return processes.once(tmp_path_factory, "verified_seeds", make)


def violations(findings):
    """What was found to be wrong, by kind of check."""
    found = findings.found.items()
    return {name: wrong for name, messages in found if (wrong := [m for m in messages if m])}
