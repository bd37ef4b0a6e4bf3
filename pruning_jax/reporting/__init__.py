"""What a person looks at: figures, the page, tables in the terminal. Nothing here needs JAX."""
