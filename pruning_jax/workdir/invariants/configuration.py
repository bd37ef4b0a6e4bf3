"""What must hold for the columns that say again what the configuration says."""

from collections.abc import Iterator

from pruning_jax.workdir.invariants.agreement import Check, Value, columns, first_wrong
from pruning_jax.workdir.recorded import Record


def repeated(record: Record) -> Iterator[str]:
    """The columns that repeat config.json do so."""
    a, experiment, recipe = record.algorithm, record.experiment, record.recipe
    again = recipe.steps - recipe.step_at(a.rewind_to)
    for r, row in enumerate(record.rows):
        retrained = min(r, 1) if a.one_shot else r
        expected: dict[str, Value] = {
            "dataset": experiment.data.dataset,
            "model": recipe.model,
            "criterion": a.criterion,
            "rewind": a.rewind,
            "noise_kind": experiment.data.noise_kind,
            "schedule": recipe.schedule,
            "width": a.width,
            "without": a.without,
            "control_of": a.control_of,
            "control_round": a.control_round,
            "epochs_trained": recipe.epochs + retrained * again / recipe.steps_per_epoch,
        }
        wrong = columns(row, expected, "config.json means")
        yield first_wrong(record.rounds_file, (not wrong, f"round {r}: {wrong}"))


CHECKS: dict[str, Check] = {"columns repeat the configuration": repeated}
"""This check by what it finds to be so."""
