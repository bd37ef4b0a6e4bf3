"""The grid of an experiment: its groups, what they cost, and a group at work."""
