"""The networks, one file each, which has `build(recipe)`."""
