"""The data sets, one file each, which has a `DataSet` called `DATASET`."""
