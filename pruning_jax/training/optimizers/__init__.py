"""The optimizers, one file each, which has `optimizer(recipe)`."""
