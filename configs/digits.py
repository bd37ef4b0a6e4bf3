"""The paper's question in small, on a laptop: does pruning help, and with noisy labels?

  python -m pruning_jax.run --config=configs/digits.py --workdir=runs/digits

LeNet-300-100 on scikit-learn's digits, which need no network: 900 training images, three
noise rates, six seeds, four algorithms, 17 rounds down to 2.3 % of the weights; and the controls
of the paper's four claims.

Epochs and learning rate are chosen by one rule: the dense network fits at least 99 % of the
labels it is given, at every noise rate, before the first pruning. A network that has not yet
memorised its noise hides what pruning does to memorisation.

Measured on 2 cores of a Xeon: 5 min. Expect claim 2 supported, the others not (docs/results.md).
With 40 % noise random masks lose, then regain accuracy at 4 to 7 % of the weights, then break;
weight rewinding gains at the end; LRR only loses.
"""

from pruning_jax import Config, defaults


def get_config() -> Config:
    config = defaults()
    config.dataset = "digits"
    config.train_images = 1000
    config.validation_fraction = 0.1

    config.model = "lenet_300_100"
    config.epochs = 36
    config.batch_size = 50
    config.optimizer = "sgd"
    config.learning_rate = 0.1
    config.momentum = 0.9
    config.schedule = "cosine"

    config.prune_fraction = 0.2
    config.rounds = 17
    config.algorithms.weight_rewinding.rewind_to = "1ep"

    config.grid.algorithms = ("lrr", "weight_rewinding", "extended_dense", "random")
    config.grid.noise_rates = (0.0, 0.2, 0.4)
    config.grid.seeds = (0, 1, 2, 3, 4, 5)

    config.controls.width_rounds = (5, 10)
    config.controls.without_noisy = ("lrr", "extended_dense", "random")
    config.controls.tie_rounds = (5, 10, 15)
    return config
