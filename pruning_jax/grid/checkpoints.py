"""Checkpoints, by Orbax: what resuming needs. Nothing else reads them."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import jax
import numpy as np
import orbax.checkpoint as ocp
from jaxtyping import PyTree

from pruning_jax import errors
from pruning_jax.experiment.record import Json

OVERHEAD = 128 * 1024
"""Bytes that a checkpoint takes beside its arrays, or fewer."""


def _manager(folder: Path, *, writes: bool) -> ocp.CheckpointManager:
    """Orbax's manager of the checkpoints in a folder.

    It numbers them, gives one its name once it is whole, and then removes the one before. One that
    only reads leaves alone what another process may be writing.
    """
    options = ocp.CheckpointManagerOptions(
        max_to_keep=1 if writes else None,
        read_only=not writes,
        cleanup_tmp_directories=writes,
        enable_async_checkpointing=False,  # because a round is done once its checkpoint is
        step_name_format=ocp.path.step.standard_name_format(step_format_fixed_length=6),
    )
    return ocp.CheckpointManager(folder.absolute(), options=options)


def save(folder: Path, tree: PyTree, position: Json) -> None:
    """Replaces the checkpoint in `folder` by `tree` (arrays) and `position` (JSON).

    It is whole when this returns. Whenever the process dies, a whole one is left.

    Raises:
      OSError: there is no room.
    """
    leaves = {f"{i:04d}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(tree))}
    arguments = ocp.args.Composite(
        tree=ocp.args.StandardSave(leaves), position=ocp.args.JsonSave(position)
    )
    try:
        _reserve(folder, leaves.values())
        with _manager(folder, writes=True) as manager:
            last = manager.latest_step()
            manager.save(0 if last is None else last + 1, args=arguments)
    except Exception as error:
        if _is_full(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise


def load(folder: Path, like: Callable[[Json], PyTree | None]) -> tuple[PyTree, Json] | None:
    """The tree and the position of the checkpoint in `folder`, or None where there is none.

    `like(position)` gives the shapes and types of the tree, as `jax.eval_shape` does; None if the
    checkpoint is of no use, which is then as if it were not there.
    """
    if not folder.is_dir():
        return None
    with _manager(folder, writes=False) as manager:
        last = manager.latest_step()
        if last is None:
            return None
        only = ocp.args.Composite(position=ocp.args.JsonRestore())
        position = manager.restore(last, args=only).position
        expected = like(position)
        if expected is None:
            return None
        shapes, structure = jax.tree.flatten(expected)
        leaves = {f"{i:04d}": np.empty(shape.shape, shape.dtype) for i, shape in enumerate(shapes)}
        only = ocp.args.Composite(tree=ocp.args.StandardRestore(leaves))
        restored = manager.restore(last, args=only).tree
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
        return error.errno in errors.FULL
    return any(f"os_error_code='{number}'" in str(error) for number in errors.FULL)
