"""Downloads and prepares a data set in TFDS's own layout, without TensorFlow.

  python -m pruning_jax.prepare --dataset=mnist

It goes to --data_dir, else to $TFDS_DATA_DIR, else to ~/tensorflow_datasets, and TFDS reads
it: tfds.data_source("mnist"). What is there already stays as it is. Where a machine has no
network, download the files elsewhere and name their folder: --mirror=file:///home/me/files

ImageNet's archives have to be asked for at image-net.org, and are then read where they are:
--dataset=imagenet2012 --archives=FOLDER

Exit status: 0 prepared; 2 wrong use, or no download; 75 stopped by a signal. Nothing
half-done stays in either case.
"""

import signal
from pathlib import Path

from absl import flags

from pruning_jax import cli, origins, prepare_images
from pruning_jax.checks import require
from pruning_jax.data import _tfds

flags.DEFINE_string("dataset", None, f"what to prepare: {', '.join(origins.NAMES)}")
flags.DEFINE_string("data_dir", "", "where to put it")
flags.DEFINE_string("mirror", "", "a folder on the web with the same files, instead of the usual")
flags.DEFINE_string("archives", "", "the folder with ImageNet's archives, downloaded by hand")


def command() -> int:
    """The command."""
    name = flags.FLAGS.dataset
    require(name is not None, "--dataset is missing, as in --dataset=mnist")
    origin, data_dir = origins.find(name), _tfds.directory(flags.FLAGS.data_dir)
    archives = Path(flags.FLAGS.archives).expanduser() if flags.FLAGS.archives else None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        folder, new = prepare_images.prepare(name, origin, data_dir, flags.FLAGS.mirror, archives)
    except KeyboardInterrupt:
        print(f"stopped by a signal; nothing of {name} was kept")
        return cli.STOPPED
    done = f"{name} is already prepared in {folder}; to have it anew, remove this folder first"
    print(f"{name} is ready in {folder}" if new else done)
    return cli.DONE


if __name__ == "__main__":
    cli.start(command)
