"""The augmentations, one file each, which has `augment(image, key)`.

It takes one image uint8 [height, width, channels] and returns an image of the same shape and type.
It is a part of the compiled training step, so that it is written with jax.numpy.
"""
