"""Checkpoints, by Orbax: what resuming needs. Nothing else reads them."""

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import jax
import numpy as np
import orbax.checkpoint as ocp
from jaxtyping import PyTree

from pruning_jax import errors
from pruning_jax.errors import said
from pruning_jax.experiment.record import Json
from pruning_jax.workdir.manifest import sum_of_arrays

OVERHEAD = 128 * 1024
"""Bytes that a checkpoint takes beside its arrays, or fewer."""


KEPT = 2
"""How many checkpoints of a folder are kept: the newest may turn out to be damaged."""


def _manager(folder: Path, *, writes: bool) -> ocp.CheckpointManager:
    """Orbax's manager of the checkpoints in a folder.

    It numbers them, gives one its name once it is whole, and then removes the oldest. One that
    only reads leaves alone what another process may be writing.
    """
    options = ocp.CheckpointManagerOptions(
        max_to_keep=KEPT if writes else None,
        read_only=not writes,
        cleanup_tmp_directories=writes,
        enable_async_checkpointing=False,  # because a round is done once its checkpoint is
        # Where several processes train one group, only one of them reads and writes. Orbax then
        # wants the folder to be there.
        create=False,
        multiprocessing_options=ocp.options.MultiprocessingOptions(
            primary_host=jax.process_index(), active_processes={jax.process_index()}
        ),
        step_name_format=ocp.path.step.standard_name_format(step_format_fixed_length=6),
    )
    return ocp.CheckpointManager(folder.absolute(), options=options)


def save(folder: Path, tree: PyTree, position: Json) -> None:
    """Adds a checkpoint of `tree` (arrays) and `position` (JSON) to `folder`; the oldest one goes.

    It is whole when this returns. Whenever the process dies, a whole one is left.

    Raises:
      OSError: there is no room.
    """
    leaves = numbered(tree)
    content = {"position": position, "sum": _sum(leaves, position)}
    arguments = ocp.args.Composite(
        tree=ocp.args.StandardSave(leaves), content=ocp.args.JsonSave(content)
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


def numbered(tree: PyTree) -> dict[str, np.ndarray]:
    """The leaves of a tree by their places in it."""
    return {f"{i:04d}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(tree))}


def _sum(leaves: dict[str, np.ndarray], position: Json) -> str:
    """A sum over all that a checkpoint says, because the formats below it check only a part."""
    text = json.dumps(position, sort_keys=True)
    return hashlib.sha256(f"{text} {sum_of_arrays(leaves)}".encode()).hexdigest()


def load(
    folder: Path, like: Callable[[Json], PyTree | None], warn: Callable[[str], object] = print
) -> tuple[PyTree, Json] | None:
    """The tree and the position of the newest checkpoint in `folder` that is sound; None where
    there is none.

    Args:
      folder: where `save` put them.
      like: `like(position)` gives the shapes and types of the tree, as `jax.eval_shape` does; None
        if the checkpoint is of no use, which is then as if it were not there.
      warn: is given a line for each checkpoint that is damaged, before an older one is tried.
    """
    for number in _numbers(folder):
        try:
            with _manager(folder, writes=False) as manager:
                return _restored(manager, number, like)
        except Exception as error:  # damage may lead to any error
            warn(
                f"warning: the checkpoint {folder / f'{number:06d}'} is damaged ({said(error)}); "
                "it goes on with the one before it, or trains again"
            )
    return None


def position(folder: Path) -> Json | None:
    """The position of the newest checkpoint in `folder`; None where it cannot be read."""
    try:
        with _manager(folder, writes=False) as manager:
            return _content(manager, _numbers(folder)[0])["position"]
    except Exception:  # there is none, or damage, which may lead to any error
        return None


def _numbers(folder: Path) -> list[int]:
    """The numbers of the checkpoints in a folder, the newest first."""
    names = [path.name for path in folder.glob("*/")] if folder.is_dir() else []
    return sorted((int(name) for name in names if name.isdecimal()), reverse=True)


def _content(manager: ocp.CheckpointManager, number: int) -> Json:
    """What a checkpoint says beside its arrays: a position and a sum."""
    only = ocp.args.Composite(content=ocp.args.JsonRestore())
    return manager.restore(number, args=only)["content"]


def _restored(
    manager: ocp.CheckpointManager, number: int, like: Callable[[Json], PyTree | None]
) -> tuple[PyTree, Json] | None:
    """The tree and the position of one checkpoint; None if it is of no use.

    Raises:
      Exception: it is damaged.
    """
    content = _content(manager, number)
    position = content["position"]
    expected = like(position)
    if expected is None:
        return None
    shapes, structure = jax.tree.flatten(expected)
    empty = {f"{i:04d}": np.empty(shape.shape, shape.dtype) for i, shape in enumerate(shapes)}
    only = ocp.args.Composite(tree=ocp.args.StandardRestore(empty))
    restored = manager.restore(number, args=only)["tree"]
    leaves = {name: np.asarray(restored[name]) for name in sorted(restored)}
    if _sum(leaves, position) != content["sum"]:
        raise ValueError("its content has another sum than was written with it")
    return jax.tree.unflatten(structure, list(leaves.values())), position


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
