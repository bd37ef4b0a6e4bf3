"""ResNet-32 on CIFAR-100, with the protocol of OpenLTH (Frankle 2020).

  python -m pruning_jax.prepare --dataset=cifar100
  python -m pruning_jax.run --config=configs/cifar100_resnet32.py --workdir=runs/cifar100_resnet32

SGD with momentum 0.9 and decay 1e-4, batches of 128, 160 epochs in each round, the rate 0.1
divided by ten at epochs 80 and 120; images are flipped, padded and cropped. Every convolution
and the linear layer are pruned, until the network has collapsed. Noise rates, seeds and the
validation split are this project's choice: the paper publishes none of them. The whole grid is
for accelerators; ask `python -m pruning_jax.plan` what it would take. It has not been run as a
whole.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "cifar100"
    config.validation_fraction = 0.1

    config.model = "resnet32"
    config.epochs = 160
    config.batch_size = 128
    config.optimizer = "sgd"
    config.learning_rate = 0.1
    config.momentum = 0.9
    config.weight_decay = 1e-4
    config.schedule = "step"
    config.milestones = (80, 120)
    config.augmentations = ("flip", "crop")

    config.prune_fraction = 0.2
    config.rounds = "collapse"
    config.algorithms.weight_rewinding.rewind_to = "2ep"

    config.grid.algorithms = ("lrr", "weight_rewinding", "random", "extended_dense")
    config.grid.noise_rates = (0.0, 0.15, 0.3, 0.6)
    config.grid.seeds = (0, 1, 2)

    config.controls.width_rounds = (1, 2, 3, 5, 8, 12, 16, 20, 23)
    config.controls.extended_rounds = 23
    config.controls.without_noisy = ("lrr", "weight_rewinding", "random", "extended_dense")
    config.controls.tie_rounds = (5, 12, 20)
    return config
