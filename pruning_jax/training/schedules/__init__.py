"""The learning-rate schedules, one file each, which has `schedule(recipe)`."""
