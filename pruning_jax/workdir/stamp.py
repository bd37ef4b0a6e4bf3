"""The stamp that `verify` leaves in a workdir where all was well, and whether it still holds."""

import datetime
import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

import pruning_jax
from pruning_jax import files
from pruning_jax.errors import printable, said
from pruning_jax.experiment import record as experiments
from pruning_jax.experiment.cells import Experiment
from pruning_jax.workdir import manifest, paths, recorded
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.damage import Damaged, json_object
from pruning_jax.workdir.examine import Findings


class Stamp(NamedTuple):
    """What verified.json says."""

    version: str  # of the program that verified
    date: str  # as 2026-01-31
    sum: str  # of the run: see `manifest.sum_of_run`
    cells: int
    complete: int  # how many of the cells were finished
    sizes: str  # a sum of the names and sizes of all files of the cells


def stamped(workdir: Path, findings: Findings) -> Findings:
    """The findings, which verified.json tells of if all is well; else it is taken away.

    If it cannot be written, the findings have a line more.
    """
    problem = _leave(workdir, findings)
    return findings._replace(unknown=(*findings.unknown, problem)) if problem else findings


def _leave(workdir: Path, findings: Findings) -> str:
    """Writes verified.json, or takes it away; returns why that cannot be done, or ""."""
    path = paths.verified(workdir)
    try:
        if not findings.holds:
            path.unlink(missing_ok=True)
            return ""
        now = datetime.datetime.now(datetime.UTC).date().isoformat()
        stamp = Stamp(
            version=pruning_jax.__version__,
            date=now,
            sum=findings.sum,
            cells=findings.cells,
            complete=findings.complete,
            sizes=_sizes(workdir),
        )
        checks = {name: len(messages) for name, messages in findings.found.items()}
        content = stamp._asdict() | {"checks": checks, "not_known": findings.unknown}
        text = json.dumps(content, indent=1)
        files.replace(path, lambda file: file.write(text.encode()))
    except OSError as error:
        return f"{printable(path)} cannot be written: {said(error)}"
    return ""


def _sizes(workdir: Path) -> str:
    """A sum of the names and sizes of all files of the cells, which is had without reading them."""
    lines = []
    for place, folders, names in os.walk(paths.cells(workdir)):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            lines.append(f"{path.relative_to(workdir).as_posix()!r} {path.lstat().st_size}")
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()


def read(workdir: Path) -> Stamp | None:
    """The stamp of a workdir; None where there is none that can be read."""
    try:
        content = json_object(paths.verified(workdir))
        stamp = Stamp(**{name: content[name] for name in Stamp._fields})
    except (Damaged, KeyError):
        return None
    texts = all(isinstance(part, str) for part in (stamp.version, stamp.date, stamp.sum))
    return stamp if texts and len(stamp.sum) == 64 else None


def verdict(run: Run) -> str:
    """Whether a run was verified and is as it was then, in words, for its report.

    It reads no array again: it compares the sum of the run, the rows, and the sizes of files.
    """
    stamp = read(run.workdir)
    if stamp is None:
        return "not verified: python -m pruning_jax.verify does"
    by = f"by pruning_jax {stamp.version} on {stamp.date}, sum {stamp.sum}"
    try:
        same = run.experiment is not None and _unchanged(run, run.experiment, stamp)
    except (Damaged, OSError):
        same = False
    if not same:
        return f"changed since it was verified {by}"
    whole = "" if stamp.complete == stamp.cells else f", {stamp.complete} of {stamp.cells} cells"
    return f"verified {by}{whole}"


def _unchanged(run: Run, experiment: Experiment, stamp: Stamp) -> bool:
    """Whether a run is as a stamp says, as far as that can be seen quickly.

    Raises:
      Damaged: a manifest cannot be read.
      OSError: a folder cannot be read.
    """
    rows: dict[tuple[object, ...], list[dict]] = {}
    for row in run.rows.to_dict("records"):
        key = (row["algorithm"], row["noise_rate"], row["seed"])
        rows.setdefault(key, []).append(row)
    last = {}
    for cell in experiment.cells:
        if cell not in rows:
            continue
        entries = recorded.entries(run.workdir, cell, len(rows[cell]))
        if any(manifest.chained(entry) != entry.sum for entry in entries):
            return False
        sums = [manifest.sum_of_row({str(k): v for k, v in row.items()}) for row in rows[cell]]
        if sums != [entry.row for entry in entries[: len(sums)]]:
            return False
        last[cell] = entries[-1].sum
    total = manifest.sum_of_run(experiments.digest(experiment), last.items())
    return (total, _sizes(run.workdir)) == (stamp.sum, stamp.sizes)
