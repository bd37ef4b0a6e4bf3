"""Sparse double descent: LeNet-300-100 on MNIST with noisy labels, pruned until it collapses.

  python -m pruning_jax.run --config=configs/mnist_descent.py --workdir=runs/mnist_descent

The protocol of Figure 1 of He et al. 2022 (arXiv 2206.08684): 60,000 images, 20 % of the labels
drawn anew from all ten classes, so that 18 % are wrong; 20 % of the weights pruned in every round
by global magnitude, the output layer not; rewound to initialisation; SGD at a constant rate of 0.1
without momentum, batches of 128, 160 epochs. With more pruning the test accuracy first falls, then
rises far above that of the dense network, then falls for good. The range ends at 0.38 % of the
weights, because the output layer has as many. What came out is in docs/reproductions.md.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "mnist"
    config.validation_fraction = 0.0
    config.noise_kind = "uniform"

    config.model = "lenet_300_100"
    config.epochs = 160
    config.batch_size = 128
    config.optimizer = "sgd"
    config.learning_rate = 0.1
    config.schedule = "constant"

    config.prune_fraction = 0.2
    config.rounds = "collapse"
    config.exclude = ("Dense_2",)

    config.grid.algorithms = ("lottery",)
    config.grid.noise_rates = (0.2,)
    config.grid.seeds = (10, 11, 12, 13, 14)
    return config
