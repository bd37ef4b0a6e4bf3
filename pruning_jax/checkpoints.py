"""Orbax behind two functions: what resuming needs, and nothing else reads it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp


def save(folder: Path, tree: Any, position: dict[str, Any]) -> None:
    """Replaces the checkpoint in `folder` by `tree` (arrays) and `position` (JSON).

    It is whole when this returns, and whenever the process dies, a whole one is left.
    """
    old = _numbers(folder)
    target = folder / f"{old[-1] + 1 if old else 0:06d}"
    leaves = {f"{i:04d}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(tree))}
    with ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
        checkpointer.save(
            target.absolute(),
            ocp.args.Composite(
                tree=ocp.args.StandardSave(leaves), position=ocp.args.JsonSave(position)
            ),
        )
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


def _numbers(folder: Path) -> list[int]:
    """The whole checkpoints in a folder, the oldest first.

    Orbax writes under a name that is no number and renames at the end.
    """
    return sorted(int(path.name) for path in folder.glob("*") if path.name.isdigit())
