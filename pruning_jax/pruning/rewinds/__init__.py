"""The rewinds, one file each, which has `rewind(recipe, replica)`."""
