"""What a forger would do: edit the files of a run, and then make all that depends on them fit.

`renew` makes the sums of manifests anew, so that a test sees what finds a lie when no sum does.
`forge` makes hashes of states and distances fit saved parameters and masks.
"""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from pruning_jax.experiment import record
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import cellfiles, manifest, paths, saved
from pruning_jax.workdir.described import described
from pruning_jax.workdir.manifest import Entry

PARAMS = "params/"


def arrays(path, change):
    """Changes an .npz file."""
    content = read(path)
    change(content)
    np.savez(path, **content)


def read(path):
    with path.open("rb") as file, np.load(file) as content:
        return dict(content)


def table(path):
    return pq.ParquetFile(path).read().to_pylist()


def rows(workdir, cell, change):
    """Changes a cell's rows, and the union with them."""
    path = paths.rounds(workdir, cell)
    content = table(path)
    change(content)
    cellfiles.write_rows(path, content)
    cellfiles.unite(workdir)


def entries(workdir, cell, change):
    """Changes the entries of a manifest, without their sums."""
    own = manifest.read(workdir, cell)
    change(own)
    manifest.write(workdir, cell, own)


def states(workdir, cell, round_, **parts):
    """Changes leaves of the states of a round: `start={"step": "3"}`."""

    def change(own):
        for name, leaves in parts.items():
            getattr(own[round_].states, name).update(leaves)

    entries(workdir, cell, change)


def configuration(workdir, change):
    """Changes config.json, but not the hash in it."""
    path = paths.config(workdir)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


def settings(workdir, change):
    """Changes the experiment in config.json, and its hash with it."""
    configuration(workdir, lambda content: change(content["experiment"]))
    found = record.digest(described(workdir).experiment)
    configuration(workdir, lambda content: content.update(hash=found))


def renew(workdir, since=0):
    """Makes the manifest of every cell fit what its files say now, as far as they can be read.

    Args:
      since: the time from which on something was changed, in nanoseconds since 1970.
    """
    try:
        found = described(workdir)
    except Exception:  # nothing can be renewed
        return
    every = paths.config(workdir).stat().st_mtime_ns >= since
    for cell in found.experiment.cells:
        files = paths.cell(workdir, cell).rglob("*.*")
        if not (every or any(path.stat().st_mtime_ns >= since for path in files)):
            continue
        try:
            _renew(Path(workdir), cell, found.digest)
        except Exception:  # a file that cannot be read
            continue


def _renew(workdir, cell, digest):
    old, previous, made = manifest.read(workdir, cell), manifest.origin(digest, cell), []
    examples = read(paths.examples(workdir, cell))
    for r, row in enumerate(table(paths.rounds(workdir, cell))):
        params = paths.params(workdir, cell, r)
        entry = Entry(
            round=r,
            row=manifest.sum_of_row(row),
            examples=manifest.sum_of_examples(examples, r),
            mask=manifest.sum_of_file(paths.mask(workdir, cell, r)),
            params=manifest.sum_of_file(params) if params.exists() else "",
            states=old[min(r, len(old) - 1)].states,
            previous=previous,
        )
        made.append(dataclasses.replace(entry, sum=manifest.chained(entry)))
        previous = made[-1].sum
    manifest.write(workdir, cell, made)


def network(workdir, cell, round_):
    """The parameters of a round, whole."""
    return saved.read(
        paths.params(workdir, cell, round_), read(paths.mask(workdir, cell, round_))
    ).params


def params(workdir, cell, round_, change):
    """Changes the parameters of a round, which the function is given whole."""
    mask, path = read(paths.mask(workdir, cell, round_)), paths.params(workdir, cell, round_)
    own = saved.read(path, mask)
    change(own.params)
    np.savez(path, **saved.packed(own, mask))
    return path


def forge(workdir, cell):
    """Makes the states in a manifest, and distances, fit the saved parameters and masks."""
    a = described(workdir).experiment.algorithm(cell.algorithm)
    anchor, made = read(paths.anchor(workdir, cell)), manifest.read(workdir, cell)
    params = [network(workdir, cell, r) for r in range(len(made))]
    masks = [read(paths.mask(workdir, cell, r)) for r in range(len(made))]
    for r, entry in enumerate(made):
        parts = entry.states
        parts.end.update(_hashes(params[r], {}))
        parts.anchor.update(_hashes(anchor, masks[r]))
        if r:
            parts.last.update(_hashes(params[0 if a.one_shot else r - 1], masks[r]))
            source = {"learning_rate": parts.last, "finetune": parts.last, "weights": parts.anchor}
            start = source.get(a.rewind, {})
            parts.start.update({n: own for n, own in start.items() if n.startswith(PARAMS)})
    manifest.write(workdir, cell, made)

    def measure(content):
        for r, row in enumerate(content):
            changes = [(params[r][n] - anchor[n])[masks[r][n]] for n in masks[r]]
            found = float(np.sqrt(sum(np.square(c, dtype=float).sum() for c in changes)))
            if not np.isclose(row["distance"], found, rtol=1e-5):
                row["distance"] = found

    rows(workdir, cell, measure)


def _hashes(params, mask):
    return {
        f"{PARAMS}{name}": manifest.sum_of_leaf(
            np.where(mask[name], own, own.dtype.type(0)) if name in mask else own
        )
        for name, own in params.items()
    }


def copy_cell(workdir, source: Cell, target: Cell):
    """Puts a cell in the place of another, with rows that say that it is that one."""
    shutil.rmtree(paths.cell(workdir, target))
    shutil.copytree(paths.cell(workdir, source), paths.cell(workdir, target))
    rows(workdir, target, lambda content: [row.update(target._asdict()) for row in content])


def mean(values):
    return float(values.mean(dtype=float)) if values.size else float("nan")


def fit_rows(workdir, cell):
    """Makes a cell's rows fit its examples."""
    examples = read(paths.examples(workdir, cell))
    noisy, used = examples["label"] != examples["true_label"], examples["used"]

    def change(content):
        for r, row in enumerate(content):
            correct = examples["correct"][r]
            recovered = row["noisy_recovered"]
            if noisy.any():  # a fraction of as many as there are now
                most = int((~correct[noisy]).sum())
                recovered = min(round(recovered * noisy.sum()), most) / noisy.sum()
            right = correct[used & ~noisy].sum()
            right += recovered * noisy.sum() if noisy.any() and used[noisy].all() else 0
            row["train_loss"] = mean(examples["train_loss"][r][used])
            row["noise_realised"], row["train_examples"] = mean(noisy), int(used.sum())
            row["train_accuracy"] = mean(correct[used])
            row["clean_accuracy"] = mean(correct[~noisy])
            row["noisy_accuracy"], row["noisy_recovered"] = mean(correct[noisy]), recovered
            if used[noisy].any() == used[noisy].all():
                row["train_true_accuracy"] = right / used.sum()

    rows(workdir, cell, change)


def swap(workdir, cell, since, rounds, lost, gained):
    """Prunes a weight of the layer `lost` and brings one of `gained` back, in some rounds; the
    parameters, their hashes and the distances are made to fit.

    The latter was pruned in the round `since` already; with `since` None, it was only pruned in the
    first of these rounds.
    """
    last, first = read(paths.mask(workdir, cell, rounds[-1])), rounds[0]
    pruned = ~read(paths.mask(workdir, cell, first if since is None else since))[gained]
    if since is None:
        pruned &= read(paths.mask(workdir, cell, first - 1))[gained]
    prune, revive = np.flatnonzero(last[lost])[0], np.flatnonzero(pruned)[0]

    def change(mask):
        mask[lost].flat[prune], mask[gained].flat[revive] = False, True

    for r in rounds:
        path, mask = paths.params(workdir, cell, r), read(paths.mask(workdir, cell, r))
        own = saved.read(path, mask)
        change(mask)
        np.savez(paths.mask(workdir, cell, r), **mask)
        np.savez(path, **saved.packed(own, mask))
    forge(workdir, cell)
