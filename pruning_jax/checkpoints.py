"""Orbax behind two functions: what resuming needs, and nothing else reads it."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from pruning_jax import checks

OVERHEAD = 128 * 1024
"""Bytes that a checkpoint takes beside its arrays, or fewer."""


def save(folder: Path, tree: Any, position: dict[str, Any]) -> None:
    """Replaces the checkpoint in `folder` by `tree` (arrays) and `position` (JSON).

    It is whole when this returns, and whenever the process dies, a whole one is left.

    Raises:
      OSError: there is no room.
    """
    old = _numbers(folder)
    target = folder / f"{old[-1] + 1 if old else 0:06d}"
    leaves = {f"{i:04d}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(tree))}
    what = ocp.args.Composite(
        tree=ocp.args.StandardSave(leaves), position=ocp.args.JsonSave(position)
    )
    try:
        _reserve(folder, leaves.values())
        with ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
            checkpointer.save(target.absolute(), what)
    except Exception as error:
        for path in folder.glob(f"{target.name}.*"):  # half written
            shutil.rmtree(path, ignore_errors=True)
        if _is_full(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise
    for number in old:
        shutil.rmtree(folder / f"{number:06d}")


def load(folder: Path, like: Callable[[dict[str, Any]], Any]) -> tuple[Any, dict[str, Any]] | None:
    """The tree and the position of the checkpoint in `folder`, or None.

    `like(position)` gives the shapes and types of the tree, as `jax.eval_shape` does.
    """
    numbers = _numbers(folder)
    if not numbers:
        return None
    path = (folder / f"{numbers[-1]:06d}").absolute()
    with ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
        only = ocp.args.Composite(position=ocp.args.JsonRestore())
        position = checkpointer.restore(path, only).position
        shapes, structure = jax.tree.flatten(like(position))
        leaves = {f"{i:04d}": np.empty(shape.shape, shape.dtype) for i, shape in enumerate(shapes)}
        only = ocp.args.Composite(tree=ocp.args.StandardRestore(leaves))
        restored = checkpointer.restore(path, only).tree
    return jax.tree.unflatten(structure, [restored[name] for name in sorted(restored)]), position


def _reserve(folder: Path, leaves: Iterable[np.ndarray]) -> None:
    """Raises OSError unless there is room: Orbax, in its threads, tells of it in many lines."""
    size = OVERHEAD + sum(leaf.nbytes for leaf in leaves)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        if hasattr(os, "posix_fallocate"):  # not on macOS
            os.posix_fallocate(file.fileno(), 0, size)


def _is_full(error: Exception) -> bool:
    """Whether an error of Orbax's comes from a full disk; TensorStore writes its number down."""
    if isinstance(error, OSError):
        return error.errno in checks.FULL
    return any(f"os_error_code='{number}'" in str(error) for number in checks.FULL)


def _numbers(folder: Path) -> list[int]:
    """The whole checkpoints in a folder, the oldest first.

    Orbax writes under a name that is no number and renames at the end.
    """
    return sorted(int(path.name) for path in folder.glob("*") if path.name.isdigit())
