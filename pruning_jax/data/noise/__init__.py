"""The kinds of label noise, one file each.

Each has a function `relabel(labels, key, num_classes, transition)`, which returns new labels for
all examples; `label_noise.corrupt` takes those of the chosen ones. A file whose kind never gives an
example its true label says `ALWAYS_WRONG = True`, and `verify` then expects exactly as many noisy
labels as examples were chosen.
"""
