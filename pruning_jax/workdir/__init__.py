"""The files of a run: writing them, reading them, checking them. Nothing in this room needs JAX."""
