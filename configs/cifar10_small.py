"""ResNet-20 on a part of CIFAR-10: the protocol of cifar10_resnet20.py, cut down to two CPU cores.

  python -m pruning_jax.prepare --dataset=cifar10
  python -m pruning_jax.run --config=configs/cifar10_small.py --workdir=runs/cifar10_small

2,000 images, 8 epochs in each round, one seed: too little to reach the accuracies of the whole
protocol, enough to see the whole system at work on convolutions, normalisation and augmented
images. The rate is divided by ten at the same fractions of training. About 25 minutes on two cores
of an Intel Xeon; what came out is in docs/results.md.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "cifar10"
    config.train_images = 2_000
    config.validation_fraction = 0.1

    config.model = "resnet20"
    config.epochs = 8
    config.batch_size = 128
    config.optimizer = "sgd"
    config.learning_rate = 0.1
    config.momentum = 0.9
    config.weight_decay = 1e-4
    config.schedule = "step"
    config.milestones = (4, 6)
    config.augmentations = ("flip", "crop")

    config.densities = (0.512, 0.262, 0.134)
    config.grid.algorithms = ("lrr", "extended_dense", "random")
    config.algorithms.extended_dense.densities = (1.0, 1.0, 1.0)
    config.grid.noise_rates = (0.0, 0.3)
    config.grid.seeds = (0,)
    return config
