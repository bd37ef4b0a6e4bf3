"""The ConfigDict that a file in `configs/` changes: every setting and its default.

Names and defaults come from the dataclasses `Data`, `Recipe` and `Algorithm` of this room. What a
changed ConfigDict says is read by experiment/reading.py.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeAlias

from ml_collections import ConfigDict, config_dict

from pruning_jax import errors
from pruning_jax.experiment import checks
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.named import NAMED, Setting
from pruning_jax.experiment.recipe import Recipe

Config: TypeAlias = Any
"""A ConfigDict. Type checkers cannot know what its attributes are."""

Defaults: TypeAlias = dict[str, Setting | tuple]


def settable(description: type) -> list[dataclasses.Field]:
    """The fields of a dataclass that a configuration may set."""
    mine = dataclasses.fields(description)
    return [f for f in mine if not ({"resolved", "derived"} & {*f.metadata})]


def _defaults(description: type) -> dict[str, Any]:
    """The defaults of a dataclass; one that is None can be set to anything."""
    found = {f.name: f.default for f in settable(description)}
    return {k: config_dict.placeholder(object) if v is None else v for k, v in found.items()}


COLLAPSE = "collapse"
"""As a number of rounds: as many as it takes until the network has collapsed."""

PRUNING: Defaults = {
    "prune_fraction": 0.2,  # of the remaining weights, in every round
    "rounds": COLLAPSE,  # or a number of rounds
    "densities": (),  # instead of the two above: one for each round after the dense one
    "scope": Algorithm.scope,
    "exclude": Algorithm.exclude,
}
"""Settings of all algorithms, each of which may have its own."""

ALGORITHM: Defaults = {
    name: value for name, value in _defaults(Algorithm).items() if name not in PRUNING
}
"""Settings of one algorithm; as they stand they are learning-rate rewinding."""

CONTROLS: Defaults = {
    # Dense networks with as many weights as pruning leaves in these rounds.
    "width_rounds": (),
    # These algorithms again, trained without the noisy examples; "extended_dense" brings the
    # networks of `width_rounds` with it.
    "without_noisy": (),
    # Dense networks trained without the examples that pruning improves most in these rounds,
    # and without as many random ones.
    "tie_rounds": (),
    # The schedules that algorithms which prune nothing repeat, where `rounds` is "collapse".
    "extended_rounds": 20,
    "tie_fraction": 0.1,  # of the training examples; the paper's is not published
    "pruned": "lrr",  # the algorithm whose rounds `width_rounds` and `tie_rounds` speak of
}
"""Controls that are derived from the algorithms of the grid; none unless they are asked for."""

ENGINE: Defaults = {
    "replicas": "",
    "convolution": "",
    "normalisation": "",
    "parameters": "",
    "batch_devices": 0,  # 0: all devices where images are read as needed, otherwise 1
    "workers": -1,  # -1: one for each core
}
"""How it is computed (`Engine`); what is left open here is chosen for the model and the machine.
It changes a result by rounding at most, and a run may go on under another engine."""

ELSEWHERE: Defaults = {
    "data_dir": "",  # where TFDS data sets lie; else TFDS_DATA_DIR, else ~/tensorflow_datasets
    "replicas_at_once": 0,  # 0: as many as memory allows
    "checkpoint_minutes": 10.0,  # between checkpoints inside a round
}
"""Where and how it runs. These change no result: a run may go on under others."""


GROUPS = ("grid", "controls", "save", "engine")
"""Settings that are groups of others, but for those of algorithms."""


def places(config: Config) -> dict[str, str]:
    """Where settings stand, by their names: "seeds" is at "grid.seeds"; without algorithms'."""
    single = {name: name for name in config if name not in GROUPS}
    return single | {name: f"{group}.{name}" for group in GROUPS for name in config.get(group, ())}


def hint(name: str, known: Mapping[str, str]) -> str:
    """A hint at the setting that was meant by a name that is not there, or nothing.

    >>> hint("seed", {"seeds": "grid.seeds"})
    '; did you mean grid.seeds?'
    """
    meant = errors.closest(name, known)
    return f"; did you mean {known[meant]}?" if meant else ""


def _algorithm(**own: Setting) -> Config:
    """One algorithm's settings; the shared ones are unset unless it has its own."""
    kinds = {name: type(value) for name, value in PRUNING.items()} | {"rounds": object}
    shared = {name: config_dict.placeholder(kind) for name, kind in kinds.items()}
    settings = Settings({**shared, **ALGORITHM})
    settings.update(own)
    return settings


class Settings(ConfigDict):
    """Settings by name. What is wrong with one that is set is said in a line."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.is_locked and key not in self:
            raise AttributeError(f"unknown setting {key!r}{hint(key, places(self))}")
        wrong = None
        try:
            super().__setitem__(key, value)
        except TypeError as error:
            wrong = error
        if wrong:
            checks.like(key, value, self[key])
            raise wrong


class Algorithms(Settings):
    """Algorithms by name. A name that is not there yet begins, once touched, as LRR:
    `config.algorithms.mine.criterion = "my_module:my_function"`."""

    def __getitem__(self, key: str) -> Any:
        if isinstance(key, str) and key.isidentifier() and key[0] != "_" and key not in self:
            with self.unlocked():
                self[key] = _algorithm()
        return super().__getitem__(key)


def defaults() -> Config:
    """Every setting with its default, to be changed by a file in `configs/`.

    It is locked: setting what it does not have raises an error that names the nearest setting.

    >>> config = defaults()
    >>> config.epochs = 20
    >>> config.algorithms.mine.rewind = "finetune"
    """
    config = Settings({**_defaults(Data), **_defaults(Recipe), **PRUNING, **ELSEWHERE})
    del config.rounds  # it is a number or a word, which a ConfigDict does not allow by itself
    config.rounds = config_dict.FieldReference(COLLAPSE, field_type=object)
    config.algorithms = Algorithms({name: _algorithm(**own) for name, own in NAMED.items()})
    config.grid = Settings({"algorithms": ("lrr",), "noise_rates": (0.0,), "seeds": (0,)})
    config.controls = Settings(CONTROLS)
    config.el2n_epochs = 0.0  # when EL2N is measured; 0: at epoch 10 or a tenth of training
    config.scoring_examples = 128  # the size of the fixed batch on which criteria take gradients
    config.save = Settings({"params": False})
    config.engine = Settings(ENGINE)
    return config.lock()


def taken_from(config: Config, description: type) -> dict[str, Any]:
    """The settings of a dataclass out of a configuration."""
    return {field.name: config[field.name] for field in settable(description)}
