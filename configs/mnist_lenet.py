"""LeNet-300-100 on MNIST, with the protocol of OpenLTH (Frankle 2020).

  TFDS_DATA_DIR=... python -m pruning_jax.run --config=configs/mnist_lenet.py --workdir=runs/mnist

SGD without momentum or decay, constant learning rate 0.1, batches of 128, 40 epochs in each round,
until the network has collapsed; the output layer is not pruned, which ends the range at 0.38 % of
the weights. Noise rates, seeds and the validation split are this project's choice: the paper
publishes none of them. The whole grid is long on a CPU: ask `python -m pruning_jax.plan`, and
share it among processes with --shares. It has not been run as a whole yet.
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
    config.rounds = "collapse"
    config.exclude = ("Dense_2",)
    config.algorithms.weight_rewinding.rewind_to = "2ep"

    config.grid.algorithms = ("lrr", "weight_rewinding", "random", "extended_dense")
    config.grid.noise_rates = (0.0, 0.15, 0.3, 0.6)
    config.grid.seeds = (0, 1, 2, 3, 4)

    config.controls.width_rounds = (1, 2, 3, 5, 8, 12, 16, 20, 23)
    config.controls.extended_rounds = 23
    config.controls.without_noisy = ("lrr", "weight_rewinding", "random", "extended_dense")
    config.controls.tie_rounds = (5, 12, 20)
    return config
