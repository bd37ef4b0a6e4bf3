"""pruning_jax: why does pruning a neural network improve its generalization?"""

__version__ = "0.1.0"
