"""Fashion-MNIST: 70,000 images of clothing, 28 x 28 pixels (Xiao et al. 2017, arXiv 1708.07747).

Its authors give it as the files of MNIST, with other content.
"""

from functools import partial

from pruning_jax.data.preparing import idx
from pruning_jax.data.preparing.origin import Download, Origin
from pruning_jax.data.reading import prepared
from pruning_jax.data.sources import DataSet, Spec

SPEC = Spec(train_size=60_000, test_size=10_000, image_shape=(28, 28, 1), num_classes=10)

ORIGIN = Origin(
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    {
        "train-images-idx3-ubyte.gz": Download(
            26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": Download(
            29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": Download(
            4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": Download(
            5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
    idx.examples,
)

DATASET = DataSet(SPEC, partial(prepared.load, "fashion_mnist", SPEC), ORIGIN)
