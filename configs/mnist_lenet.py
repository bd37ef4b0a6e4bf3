"""LeNet-300-100 on MNIST, with the protocol of OpenLTH (Frankle 2020).

  TFDS_DATA_DIR=... python -m pruning_jax.run --config=configs/mnist_lenet.py --workdir=runs/mnist

SGD without momentum or decay, constant learning rate 0.1, batches of 128, 40 epochs in each of
20 rounds; the output layer is not pruned. Noise rates, seeds and the validation split are this
project's choice: the paper publishes none of them. The whole grid is long on a CPU, about 8
hours on 2 cores of a Xeon by `python -m pruning_jax.plan` without the controls: divide it with
--group. It has not been run as a whole yet; configs/mnist_small.py has.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "mnist"
    config.validation_fraction = 0.1

    config.model = "lenet_300_100"
    config.epochs = 40
    config.batch_size = 128
    config.optimizer = "sgd"
    config.learning_rate = 0.1
    config.schedule = "constant"

    config.prune_fraction = 0.2
    config.rounds = 20
    config.exclude = ("Dense_2",)
    config.algorithms.weight_rewinding.rewind_to = "2ep"

    config.grid.algorithms = ("lrr", "weight_rewinding", "extended_dense", "random")
    config.grid.noise_rates = (0.0, 0.15, 0.3, 0.6)
    config.grid.seeds = (0, 1, 2, 3, 4)

    config.controls.width_rounds = (4, 8, 12, 16)
    config.controls.without_noisy = ("lrr", "extended_dense", "random")
    config.controls.tie_rounds = (4, 8, 12, 16)
    return config
