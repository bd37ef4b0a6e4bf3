"""What is to be run, as frozen descriptions. Nothing in this room needs JAX."""
