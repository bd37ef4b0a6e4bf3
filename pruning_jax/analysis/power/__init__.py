"""What a grid can find: effects, seeds, and the power of the verdicts."""
