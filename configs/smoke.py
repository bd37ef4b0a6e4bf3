"""The whole machinery in seconds: the digits job in miniature, to see that all works.

  python -m pruning_jax.run --config=configs/smoke.py --workdir=runs/smoke

It shows nothing about pruning: the networks are trained for too short a time. Measured on 2
cores of a Xeon: 14 s once its programs are in the cache.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "digits"
    config.train_images = 500
    config.model = "lenet_300_100"
    config.epochs = 5
    config.batch_size = 50
    config.learning_rate = 0.1
    config.momentum = 0.9
    config.schedule = "cosine"
    config.rounds = 3
    config.grid.algorithms = ("lrr", "weight_rewinding", "extended_dense", "random")
    config.grid.noise_rates = (0.0, 0.3)
    config.grid.seeds = (0, 1)
    config.controls.width_rounds = (2,)
    config.controls.without_noisy = ("lrr", "extended_dense")
    config.controls.tie_rounds = (2,)
    config.save.params = True
    return config
