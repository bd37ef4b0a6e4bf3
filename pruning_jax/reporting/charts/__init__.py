"""One figure per file: a function of the file's name, from the tables of a run to a `Chart`."""
