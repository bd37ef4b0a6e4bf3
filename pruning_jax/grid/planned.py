"""The rows that a grid would have, before anything is measured."""

import pandas as pd

from pruning_jax.experiment.cells import Experiment
from pruning_jax.grid.metrics import OF_ALGORITHM, epochs_trained
from pruning_jax.training import state


def rows(experiment: Experiment) -> pd.DataFrame:
    """A row for each round of each cell, with the columns of rounds.parquet that say what is
    compared with what. All accuracies and losses are 1, so that they count as measured.

    A network may collapse before its last round; these rows go down to the last density.
    """
    weights: dict[float, int] = {}
    records = []
    for cell in experiment.cells:
        algorithm = experiment.algorithm(cell.algorithm)
        recipe = experiment.recipe_of(algorithm, cell.noise_rate)
        if algorithm.width not in weights:  # counting them traces the network
            weights[algorithm.width] = state.weights_total(recipe)
        total = weights[algorithm.width]
        shared = {
            **{"dataset": experiment.data.dataset, **cell._asdict(), "diverged": False},
            **{name: getattr(algorithm, name) for name in OF_ALGORITHM},
            **dict.fromkeys(("test_accuracy", "train_loss", "clean_accuracy"), 1.0),
            "weights_total": total,
        }
        for round_, density in enumerate(algorithm.densities):
            epochs = epochs_trained(experiment, algorithm, cell.noise_rate, round_)
            own = {"round": round_, "density": density, "epochs_trained": epochs}
            records.append({**shared, **own, "weights_remaining": round(total * density)})
    return pd.DataFrame(records)
