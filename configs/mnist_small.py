"""LeNet-300-100 on 10,000 images of MNIST, with all controls, pruned until it collapses.

  python -m pruning_jax.run --config=configs/mnist_small.py --workdir=runs/mnist_small

9,000 training images and 1,000 to validate, with and without 30 % noise, three seeds, three ways to
prune. Not the reference protocol, which hardly memorises noise in 40 epochs: momentum, a cosine
schedule and batches of 100, chosen by one rule: the dense network fits at least 99 % of the labels
it is given, at both noise rates, before the first pruning. All layers are pruned, because the
output layer alone has as many weights as the best networks need (0.38 %).

An earlier protocol, which ended at 2.8 % of the weights, took 36 minutes on 2 cores of a Xeon; this
one takes at most an hour by `python -m pruning_jax.plan`, and has not been run as a whole.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "mnist"
    config.train_images = 10_000
    config.validation_fraction = 0.1

    config.model = "lenet_300_100"
    config.epochs = 40
    config.batch_size = 100
    config.optimizer = "sgd"
    config.learning_rate = 0.05
    config.momentum = 0.9
    config.schedule = "cosine"

    config.prune_fraction = 0.2
    config.rounds = "collapse"

    config.grid.algorithms = ("lrr", "weight_rewinding", "random", "extended_dense")
    config.grid.noise_rates = (0.0, 0.3)
    config.grid.seeds = (0, 1, 2)

    config.controls.width_rounds = (1, 2, 3, 5, 8, 12, 16, 20, 23)
    config.controls.extended_rounds = 23
    config.controls.without_noisy = ("lrr", "weight_rewinding", "random", "extended_dense")
    config.controls.tie_rounds = (5, 12, 20)
    return config
