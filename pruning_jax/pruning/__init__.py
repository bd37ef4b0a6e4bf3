"""Scoring, pruning and rewinding: the rounds of the paper."""
