"""The pruning criteria, one file each, which has `score(evidence)`."""
