"""Recipe: how to train, and Engine: how that is computed on a machine.

Both check themselves when they are made, so that a notebook is told of a mistake as early as a
command. The settings of a configuration have their names and defaults from here.
"""

import itertools
from dataclasses import dataclass, field

from pruning_jax import plugins
from pruning_jax.errors import WrongUse, one_of, require
from pruning_jax.experiment import checks

RESOLVED = {"resolved": True}
"""Marks a field that comes from the data set or the machine, never from a configuration."""

REPLICAS = ("turns", "vmap", "unrolled")
"""How the replicas of one device can be computed (training/replicas.py)."""

CONVOLUTIONS = ("native", "gradient", "patches")
"""How convolutions can be computed (models/convolution.py)."""

NORMALISATIONS = ("native", "gradient")
"""How batches can be normalised (models/normalisation.py)."""

PARAMETERS = ("leaves", "vector")
"""How parameters can be updated (training/vectors.py)."""

MOST_WORKERS = 1024
"""The most processes that decode images: as many as the largest machines have cores."""


@dataclass(frozen=True)
class Engine:
    """How a recipe is computed. It changes a result by rounding at most.

    The defaults here are those of one CPU core. `grid/engine.py` chooses for the model and the
    machine whatever a configuration leaves open.
    """

    replicas: str = "turns"  # one of REPLICAS
    convolution: str = "gradient"  # one of CONVOLUTIONS
    normalisation: str = "native"  # one of NORMALISATIONS
    parameters: str = "leaves"  # one of PARAMETERS
    batch_devices: int = 1  # how many devices share each batch
    workers: int = 0  # processes that decode images which are read as needed; 0: this process

    def __post_init__(self) -> None:
        checks.description(self, "engine.")
        one_of("engine.replicas", self.replicas, REPLICAS)
        one_of("engine.convolution", self.convolution, CONVOLUTIONS)
        one_of("engine.normalisation", self.normalisation, NORMALISATIONS)
        one_of("engine.parameters", self.parameters, PARAMETERS)
        require(self.batch_devices >= 1, f"engine.batch_devices {self.batch_devices} is below 1")
        require(
            0 <= self.workers <= MOST_WORKERS,
            f"engine.workers {self.workers} is outside 0 to {MOST_WORKERS}",
        )


WIDEST = 1000
"""The most that a network can be widened. Wider ones have more weights than can be counted."""

PRECISIONS = ("float32", "tensorfloat32", "bfloat16")
"""The precision of matrix products and convolutions, on devices that have a choice.

With "tensorfloat32" the inputs of a product are rounded to 10 bits, as PyTorch does for
convolutions unless it is told otherwise. With "bfloat16" activations are bfloat16. Parameters
and moments are always float32.
"""


@dataclass(frozen=True)
class Recipe:
    """How to train: model, optimizer, schedule, batch, epochs. It is static: plain numbers.

    `image_shape` (height, width, channels), `num_classes` and `train_size` (the number of
    training examples) come from the data set, `engine` from the machine.

    >>> Recipe(epochs=2, batch_size=16, train_size=40).steps  # 3 steps in an epoch
    6
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
    warmup_epochs: float = 0.0  # a linear rise that multiplies any schedule
    augmentations: tuple[str, ...] = ()  # of training images, in this order
    precision: str = "float32"  # one of PRECISIONS
    image_shape: tuple[int, ...] = field(default=(), metadata=RESOLVED)
    num_classes: int = field(default=0, metadata=RESOLVED)
    train_size: int = field(default=0, metadata=RESOLVED)  # 0: not known yet
    engine: Engine = field(default=Engine(), metadata=RESOLVED)

    def __post_init__(self) -> None:
        checks.description(self)
        for name in ("epochs", "batch_size", "learning_rate", "width", "decay_factor"):
            value = getattr(self, name)
            require(value > 0, f"{name} {value} is not above 0")
        require(self.width <= WIDEST, f"width {self.width:g} is above {WIDEST}")
        plugins.MODELS.check(self.model)
        plugins.OPTIMIZERS.check(self.optimizer)
        plugins.SCHEDULES.check(self.schedule)
        one_of("precision", self.precision, PRECISIONS)
        require(0 <= self.momentum < 1, f"momentum {self.momentum} is outside [0, 1)")
        require(self.weight_decay >= 0, f"weight_decay {self.weight_decay} is below 0")
        require(
            0 <= self.warmup_epochs <= self.epochs,
            f"warmup_epochs {self.warmup_epochs} is outside 0 to {self.epochs}, the epochs",
        )
        self._check_milestones()
        self._check_augmentations()
        self._check_batch()
        require(
            self.steps <= checks.LARGEST,
            f"epochs {self.epochs}: the {self.steps} steps are more than can be counted, "
            f"{checks.LARGEST}",
        )

    def _check_augmentations(self) -> None:
        checks.names("augmentations", self.augmentations)
        twice = [n for n in dict.fromkeys(self.augmentations) if self.augmentations.count(n) > 1]
        require(not twice, f"augmentations: {', '.join(twice)} more than once")

    def _check_milestones(self) -> None:
        for milestone in self.milestones:
            require(
                isinstance(milestone, int) and 0 < milestone < self.epochs,
                f"milestones: {milestone} is outside 1 to {self.epochs - 1}, "
                "the epochs before the end",
            )
        require(
            all(a < b for a, b in itertools.pairwise(self.milestones)),
            f"milestones {self.milestones} do not rise: each must be after the one before it",
        )
        require(
            not self.milestones
            or self.schedule not in plugins.SCHEDULES.names
            or self.schedule == "step",
            f"milestones {self.milestones} go with schedule 'step', not with {self.schedule!r}",
        )

    def _check_batch(self) -> None:
        share = self.engine.batch_devices
        require(
            self.batch_size % share == 0,
            f"batch_size {self.batch_size} cannot be divided by the {share} devices that share "
            "it; change it or engine.batch_devices",
        )
        require(
            not self.train_size or self.batch_size <= self.train_size,
            f"batch_size {self.batch_size} is above the {self.train_size} training examples",
        )

    @property
    def steps_per_epoch(self) -> int:
        """The steps of an epoch, rounded up: the last, partial batch is used."""
        return -(-self.train_size // self.batch_size)

    @property
    def steps(self) -> int:
        """The optimizer steps of one whole schedule."""
        return self.epochs * self.steps_per_epoch

    def step_at(self, point: str) -> int:
        """The step of a point in training: "2ep", "0.5ep" or "500it".

        Raises:
          WrongUse: it is not written so, or lies outside training.

        >>> recipe = Recipe(epochs=2, batch_size=16, train_size=40)
        >>> recipe.step_at("0.5ep"), recipe.step_at("4it")
        (2, 4)
        """
        number, unit = point[:-2], point[-2:]
        try:
            at = float(number) * {"ep": self.steps_per_epoch, "it": 1}[unit]
            step = round(at)
        except (KeyError, ValueError, OverflowError):
            raise WrongUse(
                f"{point!r} is not a number of epochs or steps, as in '2ep', '500it'"
            ) from None
        require(unit == "ep" or at == step, f"{point!r} is between two steps")
        require(
            0 <= step < self.steps,
            f"{point!r} is step {step}, outside training, which has steps 0 to {self.steps - 1}",
        )
        return step
