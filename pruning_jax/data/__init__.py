"""Data sets, the noise in their labels, and the augmentation of their images."""
