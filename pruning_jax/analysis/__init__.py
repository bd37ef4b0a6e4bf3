"""From rows to tables: NumPy, pandas and SciPy, no JAX."""
