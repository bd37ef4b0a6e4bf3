"""ResNet-50 on ImageNet, with the protocol of OpenLTH (Frankle 2020).

  python -m pruning_jax.prepare --dataset=imagenet2012 --archives=DIR
  python -m pruning_jax.run --config=configs/imagenet_resnet50.py --workdir=runs/imagenet_resnet50

SGD with momentum 0.9 and decay 1e-4, batches of 1024, 90 epochs in each round, the rate 0.4
reached in 5 epochs and divided by ten at epochs 30, 60 and 80. Images are read as they are needed
(`pip install -e '.[imagenet]'`): a part of random size and shape, flipped in half of the
cases; evaluation sees the middle. Every convolution and the linear layer are pruned. One network
is trained at a time, each batch divided over all devices. Noise rates, seeds, rounds and the
validation split are this project's choice: the paper publishes none of them. This is for machines
with many accelerators; it has not been run as a whole.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "imagenet2012"
    config.validation_fraction = 0.02

    config.model = "resnet50"
    config.epochs = 90
    config.batch_size = 1024
    config.optimizer = "sgd"
    config.learning_rate = 0.4
    config.momentum = 0.9
    config.weight_decay = 1e-4
    config.schedule = "step"
    config.milestones = (30, 60, 80)
    config.warmup_epochs = 5.0
    config.augmentations = ("resized_crop", "flip")
    config.precision = "tensorfloat32"

    config.prune_fraction = 0.2
    config.rounds = "collapse"
    config.algorithms.weight_rewinding.rewind_to = "5ep"

    config.grid.algorithms = ("lrr", "weight_rewinding", "random", "extended_dense")
    config.grid.noise_rates = (0.0, 0.15)
    config.grid.seeds = (0, 1, 2)

    config.controls.width_rounds = (1, 2, 3, 5, 8, 12, 20)
    config.controls.extended_rounds = 20
    config.controls.without_noisy = ("lrr", "weight_rewinding", "random", "extended_dense")
    config.controls.tie_rounds = (8,)
    return config
