"""Downloads a data set and prepares it in the layout of TFDS, without TensorFlow.

  python -m pruning_jax.prepare --dataset=mnist

The data set is put into --data_dir, else into $TFDS_DATA_DIR, else into ~/tensorflow_datasets,
where TFDS reads it too: tfds.data_source("mnist"). What is there already stays as it is. If a
machine has no network, download the files elsewhere and name their folder:
--mirror=file:///home/me/files

The archives of ImageNet have to be asked for at image-net.org. They are read where they are:
--dataset=imagenet2012 --archives=FOLDER

The exit status is 0 if the data set is prepared, 2 if something was used wrongly or cannot be
downloaded, and 75 if a signal stopped it. In the last two cases nothing half-done stays.
"""

import signal
from pathlib import Path

from absl import flags

from pruning_jax import cli
from pruning_jax.data import sources
from pruning_jax.data.preparing import preparation
from pruning_jax.data.reading import tfds_folder
from pruning_jax.errors import one_of, require

ORIGINS = sources.origins()

flags.DEFINE_string("dataset", None, f"the data set, one of {', '.join(ORIGINS)}")
flags.DEFINE_string("data_dir", "", "the folder that it is put into")
flags.DEFINE_string("mirror", "", "the address of a folder with the same files, to take them from")
flags.DEFINE_string("archives", "", "the folder with ImageNet's archives, downloaded by hand")


def command() -> int:
    """Prepares the data set that the flags name; returns the exit status."""
    name = flags.FLAGS.dataset
    require(name is not None, "--dataset is missing, as in --dataset=mnist")
    one_of("dataset", name, ORIGINS)
    data_dir = tfds_folder.directory(flags.FLAGS.data_dir)
    archives = Path(flags.FLAGS.archives).expanduser() if flags.FLAGS.archives else None
    # A signal then raises KeyboardInterrupt, which cleans up on its way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        folder, new = preparation.prepare(
            name, ORIGINS[name], data_dir, flags.FLAGS.mirror, archives
        )
    except KeyboardInterrupt:
        print(f"stopped by a signal; nothing of {name} was kept")
        return cli.STOPPED
    done = f"{name} is already prepared in {folder}; to have it anew, remove this folder first"
    print(f"{name} is ready in {folder}" if new else done)
    return cli.DONE


if __name__ == "__main__":
    cli.start(command)
