"""ResNet-20 on CIFAR-10 without noise, with the protocol of Renda, Frankle, Carbin 2020.

  python -m pruning_jax.prepare --dataset=cifar10
  python -m pruning_jax.run --config=configs/cifar10_resnet20_renda.py --workdir=runs/renda

To be compared with their figures (arXiv 2003.02389) for iterative learning-rate rewinding, test
accuracy in % by weights remaining: 100 %: 91.70 +- 0.29, 80 %: 92.12 +- 0.21, 51.2 %: 92.30 +-
0.10, 26.2 %: 92.08 +- 0.30, 13.4 %: 91.39 +- 0.20, 10.7 %: 91.04 +- 0.11. All 50,000 images are
trained on. It is for accelerators and has not been run as a whole.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "cifar10"
    config.validation_fraction = 0.0

    config.model = "resnet20"
    config.epochs = 182
    config.batch_size = 128
    config.optimizer = "sgd"
    config.learning_rate = 0.1
    config.momentum = 0.9
    config.weight_decay = 2e-4
    config.schedule = "step"
    config.milestones = (91, 136)
    config.augmentations = ("flip", "crop")

    config.prune_fraction = 0.2
    config.rounds = 10

    config.grid.algorithms = ("lrr",)
    config.grid.noise_rates = (0.0,)
    config.grid.seeds = (0, 1, 2)
    return config
