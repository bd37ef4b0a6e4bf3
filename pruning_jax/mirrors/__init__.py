"""Mirrors: finished rows, shown by other programs. Nothing in this room needs JAX."""
