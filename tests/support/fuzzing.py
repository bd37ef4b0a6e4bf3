"""Readers are given damaged files: they read them or raise Damaged, and take no more memory.

  python tests/support/fuzzing.py <workdir> <number of inputs> <first number>

It runs in a process of its own, because a reader in C could end it. Input by input it says its
number and the kind of the file, so that the last line tells which one it was; the same number makes
the same input.
"""

import copy
import json
import random
import resource
import sys
from pathlib import Path

from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import (
    bounds,
    collect,
    damage,
    described,
    examine,
    paths,
    recorded,
    salvage,
    stamp,
    tables,
)

ROOM = 700_000_000
"""Bytes of address space beyond those that the imports take."""

CELL = Cell("lrr", 0.3, 0)
SIZE, WEIGHTS, ROUNDS = 180, 5_000, 3
"""About as many training examples, weights and rounds as the run has, or more."""

VALUES = (
    *(None, True, False, 0, 1, -1, 5, 2**63, -(2**70), 10**400, 0.5, -0.5, 1e308, float("nan")),
    *(float("inf"), "", "a", "..", "../..", "/etc", "a\x1b[2J\nb", "mine:f", "\ud800", [], {}),
    *([[]], [0.5], [1, "a"], {"a": {}}, ["a"] * 100, [1.0] * 20_000),
)
"""What may stand in the place of a value of a JSON file."""


def flipped(content, rng):
    """Some bits are another."""
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 30))):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def truncated(content, rng):
    return content[: rng.randrange(len(content))]


def inserted(content, rng):
    at = rng.randrange(len(content))
    return content[:at] + rng.randbytes(rng.choice((1, 8, 200))) + content[at:]


def removed(content, rng):
    at = rng.randrange(len(content))
    return content[:at] + content[at + rng.choice((1, 8, 200)) :]


def swapped(content, rng):
    """Two parts stand in each other's place."""
    a, b, c, d = sorted(rng.randrange(len(content)) for _ in range(4))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def repeated(content, rng):
    a, b = sorted(rng.randrange(len(content)) for _ in range(2))
    return content[:b] + content[a:b] * rng.choice((1, 3)) + content[b:]


def extreme(content, rng):
    """A whole number of two, four or eight bytes is one of the largest, or 0."""
    size = rng.choice((2, 4, 8))
    at = rng.randrange(max(1, len(content) - size))
    number = rng.choice((b"\xff" * size, b"\x00" * size, b"\xff" * (size - 1) + b"\x7f"))
    return content[:at] + number + content[at + size :]


MUTATIONS = (flipped, flipped, truncated, inserted, removed, swapped, repeated, extreme)


def revalued(content, rng):
    """A value somewhere in a JSON file is another, or gone, or there twice."""
    whole = json.loads(content)
    for _ in range(rng.choice((1, 1, 2))):
        inner = whole
        while True:
            keys = [*inner] if isinstance(inner, dict) else [*range(len(inner))]
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(inner[key], dict | list) and rng.random() < 0.85:
                inner = inner[key]
                continue
            if rng.random() < 0.15:
                del inner[key]
            else:
                inner[key] = copy.deepcopy(rng.choice((*VALUES, inner[rng.choice(keys)])))
            break
    return json.dumps(whole).encode()


def readers(workdir):
    """For each kind of file its place, and what reads it."""
    most = bounds.examples(SIZE, ROUNDS + 1)
    rows, mask = paths.rounds(workdir, CELL), paths.mask(workdir, CELL, 1)
    return {
        "config.json": (paths.config(workdir), lambda path: described.described(path.parent)),
        "rounds.parquet": (rows, lambda path: tables.rows(path, ROUNDS + 1)),
        "a table of a report": (rows, salvage.read),
        "the union": (paths.union(workdir), lambda path: salvage.read(path, union=True)),
        "examples.npz": (
            paths.examples(workdir, CELL),
            lambda path: recorded.examples(path, most, SIZE, ROUNDS),
        ),
        "a mask": (mask, lambda path: recorded.mask(path, WEIGHTS)),
        "manifest.json": (
            paths.manifest(workdir, CELL),
            lambda path: recorded.entries(workdir, CELL, ROUNDS),
        ),
        "verified.json": (paths.verified(workdir), lambda path: stamp.read(path.parent)),
    }


def one(workdir, number, kinds):
    """Makes one input, and gives it to its reader. Returns whether it could be read."""
    rng = random.Random(number)
    kind = rng.choice([*kinds])
    path, reader = kinds[kind]
    print(number, kind, flush=True)
    before = path.read_bytes()
    json_too = path.suffix == ".json" and rng.random() < 0.7
    mutate = revalued if json_too else rng.choice(MUTATIONS)
    try:
        path.write_bytes(mutate(before, rng))
        said = ""
        try:
            reader(path)
        except damage.Damaged as error:
            said = str(error)
            if not (said.isprintable() and str(path) in said):
                raise
        read = not said
        if number % 20 == 0 or (read and kind == "config.json"):
            whole(workdir)
    finally:
        path.write_bytes(before)
    return read


def whole(workdir):
    """verify and report see the same damage, and neither ends by it."""
    findings = examine.examine(workdir)
    assert all(line.isprintable() for lines in findings.found.values() for line in lines)
    run = collect.collect(workdir)
    assert all(line.isprintable() for line in run.problems)
    stamp.verdict(run)


def main(workdir, count, first):
    kinds = readers(workdir)
    whole(workdir)  # so that all is imported
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    read = sum(one(workdir, number, kinds) for number in range(first, first + count))
    print(f"read {read} of {count}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
