"""What the tables and arrays of a run hold: each column once, with its type, unit and meaning.

The tables of docs/files.md are made from this module, so that they cannot say anything else.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

Row: TypeAlias = dict[str, Any]  # a type checker cannot read the types of its values from COLUMNS
"""A row of rounds.parquet: a value for each column of COLUMNS."""


class Column(NamedTuple):
    """A column of rounds.parquet."""

    name: str
    type: pa.DataType
    unit: str  # "" for names, numbers of things, and flags
    meaning: str


class ExampleArray(NamedTuple):
    """An array of examples.npz."""

    name: str
    type: str  # NumPy's name of it
    shape: tuple[str, ...]
    unit: str
    meaning: str
    always: bool = True  # False for what is added when all cells of a run are finished

    @property
    def kind(self) -> str:
        """NumPy's letter for the kind of number: "i", "u", "f" or "b"."""
        return np.dtype(self.type).kind

    @property
    def each_round(self) -> bool:
        """Whether every round adds a line to it."""
        return self.shape[0] == "round"


TEXT = pa.string()
"""The type of a column of words."""
WHOLE = pa.int64()
"""The type of a column of whole numbers."""
NUMBER = pa.float64()
"""The type of a column of numbers."""
FLAG = pa.bool_()
"""The type of a column of True and False."""

FRACTION, NATS = "fraction", "nats"

# Columns are laid out by hand because one in two lines is easier to read than one in six.
# fmt: off
COLUMNS = (
    Column("dataset", TEXT, "", "The data set."),
    Column("model", TEXT, "", "The network."),
    Column("algorithm", TEXT, "", "The name of the algorithm, which may be a control."),
    Column("control_of", TEXT, "", "For a control the algorithm that it belongs to; else empty."),
    Column("control_round", WHOLE, "",
           "For a control that leaves out the examples which a round of that algorithm decides, "
           "this round; else 0."),
    Column("width", NUMBER, "factor",
           "The width of every hidden layer relative to the configured network."),
    Column("without", TEXT, "",
           "The examples that are left out of training: none (empty), `noisy`, `top_improved` or "
           "`random`."),
    Column("train_examples", WHOLE, "examples", "How many examples the network is trained on."),
    Column("criterion", TEXT, "", "The criterion by which weights are pruned."),
    Column("rewind", TEXT, "", "What happens to the surviving weights before they are retrained."),
    Column("noise_kind", TEXT, "", "How noisy labels are drawn."),
    Column("noise_rate", NUMBER, FRACTION,
           "The fraction of the training examples whose label is drawn anew."),
    Column("noise_realised", NUMBER, FRACTION,
           "The fraction of the training examples whose label is not the true one. It is below "
           "`noise_rate` where the true label may be drawn again."),
    Column("seed", WHOLE, "", "The seed of everything random in the cell."),
    Column("round", WHOLE, "",
           "0 for the dense network; each later round prunes, rewinds and trains again."),
    Column("epochs_trained", NUMBER, "epochs",
           "The training spent up to the end of the round. The shared round 0 counts even for an "
           "algorithm whose scores do not depend on it."),
    Column("weights_total", WHOLE, "weights", "How many weights of the network can be pruned."),
    Column("weights_remaining", WHOLE, "weights", "How many of these are not pruned."),
    Column("density", NUMBER, FRACTION, "`weights_remaining / weights_total`."),
    Column("schedule", TEXT, "", "The schedule of the learning rate."),
    Column("train_loss", NUMBER, NATS,
           "The mean cross-entropy over the examples that are trained on, against their labels as "
           "given."),
    Column("train_accuracy", NUMBER, FRACTION,
           "The accuracy on the examples that are trained on, against their labels as given."),
    Column("train_true_accuracy", NUMBER, FRACTION,
           "The accuracy on the examples that are trained on, against their true labels."),
    Column("clean_accuracy", NUMBER, FRACTION,
           "The accuracy on all training examples with a true label, trained on or not."),
    Column("noisy_accuracy", NUMBER, FRACTION,
           "The accuracy on all noisy training examples, trained on or not, against the labels as "
           "given: how much noise is memorised. NaN without noise."),
    Column("noisy_recovered", NUMBER, FRACTION,
           "The accuracy on the same examples against their true labels. NaN without noise."),
    Column("validation_loss", NUMBER, NATS, "The mean cross-entropy over the validation examples."),
    Column("validation_accuracy", NUMBER, FRACTION,
           "The accuracy on the validation examples. Their labels are true, unless "
           "`config.noisy_validation` is set."),
    Column("validation_noisy_accuracy", NUMBER, FRACTION,
           "The accuracy on the validation examples against labels as noisy as in training."),
    Column("test_loss", NUMBER, NATS, "The mean cross-entropy over the test examples."),
    Column("test_accuracy", NUMBER, FRACTION, "The accuracy on the test examples."),
    Column("distance", NUMBER, "l2 norm",
           "The distance of the surviving weights from their values at initialisation."),
    Column("diverged", FLAG, "",
           "Whether the loss of a training example is not finite. Then the accuracies are NaN, and "
           "this row is the last one of its cell."),
    Column("seconds", NUMBER, "s",
           "The wall time of this round for all replicas that were trained together, divided by "
           "their number."),
)
# fmt: on
"""The columns of rounds.parquet in their order; a row is one round of one cell."""

SCHEMA = pa.schema([(column.name, column.type) for column in COLUMNS])
"""The same for Arrow."""

EXAMPLE, ROUND, TEST = ("example",), ("round", "example"), "test example"

# fmt: off
EXAMPLE_ARRAYS = (
    ExampleArray("label", "int32", EXAMPLE, "class", "The label that is given for training."),
    ExampleArray("true_label", "int32", EXAMPLE, "class", "The label in the data set."),
    ExampleArray("is_noisy", "bool", EXAMPLE, "", "Whether the two labels differ."),
    ExampleArray("used", "bool", EXAMPLE, "", "Whether the cell is trained on the example."),
    ExampleArray("index", "int32", EXAMPLE, "",
                 "The place of the example in the training set as the data set has it."),
    ExampleArray("el2n", "float32", EXAMPLE, "l2 norm",
                 "EL2N in round 0: the norm of the error of the predicted probabilities, early in "
                 "training (Paul et al. 2021, arXiv 2107.07075)."),
    ExampleArray("train_loss", "float32", ROUND, NATS,
                 "The cross-entropy at the end of the round, against the given label."),
    ExampleArray("correct", "bool", ROUND, "",
                 "Whether the given label is predicted at the end of the round."),
    ExampleArray("test_label", "int32", (TEST,), "class",
                 "The label of each test example, in the data set's order."),
    ExampleArray("test_prediction", "uint16", ("round", TEST), "class",
                 "The class that is predicted for each test example at the end of the round."),
    ExampleArray("el2n_mean", "float32", EXAMPLE, "l2 norm",
                 "The mean of `el2n` over the seeds that give the example the same label. It is "
                 "added when all cells of the run are finished.",
                 always=False),
)
# fmt: on
"""The arrays of examples.npz. Examples stand in the same order in all cells of a run."""

OVER_ROUNDS = tuple(array.name for array in EXAMPLE_ARRAYS if array.each_round)
"""The arrays to which each round adds a line."""
