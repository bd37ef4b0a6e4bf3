"""Data, Recipe, Algorithm: frozen descriptions of what is run, and their ConfigDict.

The dataclasses hold the names and the defaults. `base` turns them into the ConfigDict
that a file in `configs/` changes; `resolve.resolve` reads it back.
"""

import dataclasses
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from ml_collections import ConfigDict, config_dict

Config: TypeAlias = Any
"""A ConfigDict. Type checkers cannot know what its attributes are."""


@dataclass(frozen=True)
class Data:
    """Which examples, how they are divided, and how their labels are corrupted.

    One division serves every seed, so that examples can be compared over replicates.
    """

    dataset: str = "digits"
    train_images: int = 0  # how many of the training set are used; 0: all
    validation_fraction: float = 0.1  # of these, set aside
    noisy_validation: bool = False  # corrupt the validation labels, too
    split_seed: int = 0
    noise_kind: str = "symmetric"
    transition_matrix: Any = None  # for the kind "matrix": rows, or the path of a .npy file


@dataclass(frozen=True)
class Engine:
    """How it is computed. It changes a result by rounding at most: a run may go on under another.

    What is empty or 0 is chosen for the model and the machine.
    """

    replicas: str = ""  # those of one device: one of replicas.WAYS
    convolution: str = ""  # one of models._convolution.KINDS
    batch_devices: int = 0  # devices that share each batch: 1 if the images fit on each, else all
    workers: int = -1  # processes that decode images which are read as needed; -1: one per core


@dataclass(frozen=True)
class Recipe:
    """How to train: model, optimizer, schedule, batch, epochs. Static: plain numbers.

    `image_shape` (height, width, channels), `num_classes` and `train_size` (training
    examples) come from the data set, never from a configuration; `engine` from there and from
    the machine.
    """

    model: str = "lenet_300_100"
    width: float = 1.0  # multiplies the units or channels of every hidden layer
    epochs: int = 40
    batch_size: int = 128
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    schedule: str = "constant"
    milestones: tuple[int, ...] = ()  # epochs, for the schedule "step"
    decay_factor: float = 0.1  # at each milestone
    warmup_epochs: float = 0.0  # linear, multiplies any schedule
    augmentations: tuple[str, ...] = ()  # of training images, in this order: "flip", "crop"
    precision: str = "float32"  # of products, one of train.PRECISIONS
    image_shape: tuple[int, ...] = field(default=(), metadata={"resolved": True})
    num_classes: int = field(default=0, metadata={"resolved": True})
    train_size: int = field(default=0, metadata={"resolved": True})
    engine: Engine = field(default=Engine(batch_devices=1), metadata={"resolved": True})

    @property
    def steps_per_epoch(self) -> int:
        """Rounded up: the last, partial batch is used."""
        return -(-self.train_size // self.batch_size)

    @property
    def steps(self) -> int:
        """Optimizer steps of one whole schedule."""
        return self.epochs * self.steps_per_epoch

    def step_at(self, point: str) -> int:
        """The step of a point in training: "2ep", "0.5ep" or "500it".

        Raises:
          ValueError: it is neither.
        """
        units = {"ep": self.steps_per_epoch, "it": 1}
        return round(float(point[:-2]) * units.get(point[-2:], float("nan")))


@dataclass(frozen=True)
class Algorithm:
    """How to prune and how to start again."""

    name: str
    densities: tuple[float, ...]  # of every round, the dense round 0 first; no drift
    criterion: str = "magnitude"  # a file of pruning_jax/criteria, or module:function
    scope: str = "global"  # or "layerwise": the same density in every layer
    rewind: str = "learning_rate"  # a function of pruning_jax/rewind.py
    rewind_to: str = "0ep"  # the point of round 0 that is rewound to
    one_shot: bool = False  # each density straight from the dense network
    exclude: tuple[str, ...] = ()  # layers, by name pattern, that stay whole
    masks_from: str = ""  # train under another algorithm's masks instead of pruning
    shuffle: bool = False  # permute the mask inside each layer
    score_steps: int = 1  # in how many steps a round prunes, with new scores in each
    width: float = 1.0  # of every hidden layer, relative to the recipe
    without: str = ""  # examples that are left out of training, one of WITHOUT
    control_of: str = ""  # the algorithm of which this is a control
    control_round: int = 0  # the round of that algorithm that decides which examples improved

    @property
    def variant(self) -> tuple[float, str, str, int]:
        """What decides round 0, besides seed and noise: algorithms with one variant share it."""
        if self.without in ("top_improved", "random"):
            return self.width, self.without, self.control_of, self.control_round
        return self.width, self.without, "", 0

    @property
    def rounds(self) -> int:
        """The last round."""
        return len(self.densities) - 1


WITHOUT = ("", "noisy", "top_improved", "random")
"""None; those whose label was drawn anew; those whose loss pruning improves most; as many at
random."""

PRUNING: dict[str, Any] = {
    "prune_fraction": 0.2,  # of the remaining weights, in every round
    "rounds": 20,
    "densities": (),  # instead of the two above: one per round after the dense one
    "scope": "global",
    "exclude": (),
}
"""Settings of all algorithms, each of which may have its own."""

ALGORITHM: dict[str, Any] = {
    "criterion": "magnitude",
    "rewind": "learning_rate",
    "rewind_to": "0ep",  # "2ep", "0.5ep" or "500it"
    "one_shot": False,
    "masks_from": "",
    "shuffle": False,
    "score_steps": 1,
    "width": 1.0,
    "without": "",  # or "noisy"
}
"""Settings of one algorithm; as they stand they are learning-rate rewinding."""

NAMED: dict[str, dict[str, Any]] = {
    # Learning-rate rewinding: Renda, Frankle, Carbin 2020, arXiv 2003.02389.
    "lrr": {},
    # Weight rewinding to step k: Frankle et al. 2020, arXiv 1912.05671; this k is ours.
    "weight_rewinding": {"rewind": "weights", "rewind_to": "1ep"},
    # Lottery tickets, rewound to initialisation: Frankle & Carbin 2019, arXiv 1803.03635.
    "lottery": {"rewind": "weights"},
    "finetune": {"rewind": "finetune"},
    # The dense model, trained for as long and with the same repeated schedule as LRR.
    "extended_dense": {"prune_fraction": 0.0},
    "random": {"criterion": "random"},
    "layerwise": {"scope": "layerwise"},
    "saliency": {"criterion": "saliency"},
    "movement": {"criterion": "movement"},
    "inverse_magnitude": {"criterion": "inverse_magnitude"},
    "one_shot": {"one_shot": True},
    # Pruned at initialisation: arXiv 1810.02340, 2006.05467, 2002.07376.
    "snip": {"criterion": "snip", "rewind": "weights", "one_shot": True},
    "synflow": {
        "criterion": "synflow",
        "rewind": "weights",
        "one_shot": True,
        "score_steps": 100,
    },
    "grasp": {"criterion": "grasp", "rewind": "weights", "one_shot": True},
    # Controls of the lottery ticket: its masks on other weights, its weights under other masks.
    "reinit": {"rewind": "reinit", "masks_from": "lottery"},
    "shuffled": {"rewind": "weights", "masks_from": "lottery", "shuffle": True},
}
"""Algorithms known by name, each by what sets it apart from learning-rate rewinding."""

CONTROLS: dict[str, Any] = {
    # Dense networks with as many weights as pruning leaves in these rounds.
    "width_rounds": (),
    # These algorithms again, trained without the noisy examples; "extended_dense" brings the
    # networks of `width_rounds` with it.
    "without_noisy": (),
    # Dense networks trained without the examples that pruning improves most in these rounds,
    # and without as many random ones.
    "tie_rounds": (),
    "tie_fraction": 0.1,  # of the training examples; the paper's is not published
    "pruned": "lrr",  # whose rounds `width_rounds` and `tie_rounds` speak of
}
"""Controls that are derived from the algorithms of the grid; none unless they are asked for."""

ELSEWHERE: dict[str, Any] = {
    "data_dir": "",  # where TFDS data sets lie; else TFDS_DATA_DIR, else ~/tensorflow_datasets
    "replicas_at_once": 0,  # 0: as many as memory allows
    "checkpoint_minutes": 10.0,  # between checkpoints inside a round
}
"""Where and how it runs. These change no result: a run may go on under others."""


def _algorithm(**own: Any) -> Config:
    """One algorithm's settings; the shared ones are unset unless it has its own."""
    shared = {name: config_dict.placeholder(type(value)) for name, value in PRUNING.items()}
    settings = ConfigDict({**shared, **ALGORITHM})
    settings.update(own)
    return settings


class Algorithms(ConfigDict):
    """Algorithms by name. A name that is not there yet begins, once touched, as LRR:
    `config.algorithms.mine.criterion = "my_module:my_function"`."""

    def __getitem__(self, key: str) -> Any:
        if isinstance(key, str) and key.isidentifier() and key[0] != "_" and key not in self:
            with self.unlocked():
                self[key] = _algorithm()
        return super().__getitem__(key)


def _settings(description: type) -> dict[str, Any]:
    """The defaults of a dataclass that a user may set."""
    settable = {f.name: f.default for f in fields(description) if not f.metadata.get("resolved")}
    return {k: config_dict.placeholder(object) if v is None else v for k, v in settable.items()}


def base() -> Config:
    """Every setting with its default, to be changed by a file in `configs/`."""
    config = ConfigDict({**_settings(Data), **_settings(Recipe), **PRUNING, **ELSEWHERE})
    config.algorithms = Algorithms({name: _algorithm(**own) for name, own in NAMED.items()})
    config.grid = ConfigDict({"algorithms": ("lrr",), "noise_rates": (0.0,), "seeds": (0,)})
    config.controls = ConfigDict(CONTROLS)
    config.el2n_epochs = 0.0  # when EL2N is measured; 0: at epoch 10 or a tenth of training
    config.scoring_examples = 128  # the fixed batch on which criteria take gradients
    config.save = ConfigDict({"params": False})
    config.engine = ConfigDict(_settings(Engine))
    return config.lock()


def taken_from(config: Config, description: type) -> dict[str, Any]:
    """The settings of a dataclass out of a configuration."""
    settable = [f.name for f in dataclasses.fields(description) if not f.metadata.get("resolved")]
    return {name: config[name] for name in settable}
