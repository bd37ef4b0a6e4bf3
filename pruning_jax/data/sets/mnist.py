"""MNIST: 70,000 handwritten digits of 28 x 28 pixels (LeCun et al. 1998).

The files are downloaded from the mirror that TFDS itself uses.
"""

from functools import partial

from pruning_jax.data.preparing import idx
from pruning_jax.data.preparing.origin import Download, Origin
from pruning_jax.data.reading import prepared
from pruning_jax.data.sources import DataSet, Spec

SPEC = Spec(train_size=60_000, test_size=10_000, image_shape=(28, 28, 1), num_classes=10)

ORIGIN = Origin(
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    {
        "train-images-idx3-ubyte.gz": Download(
            9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": Download(
            28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": Download(
            1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": Download(
            4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
    idx.examples,
)

DATASET = DataSet(SPEC, partial(prepared.load, "mnist", SPEC), ORIGIN)
