"""The analyses: each is a file whose function `table` makes the table of the file's name.

The function is given a run (workdir/collect.py) and the thresholds (analysis/settings.py). The
work is done in the modules of this room, most of which need only the rows of the run.
"""
