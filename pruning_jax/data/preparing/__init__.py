"""Preparing data sets from their authors' files, without TensorFlow."""
