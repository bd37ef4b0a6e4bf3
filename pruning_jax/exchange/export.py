"""A network of a run as a file for other programs."""

from pathlib import Path

from pruning_jax.exchange import cells, files
from pruning_jax.exchange.network import PrunedNetwork
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir.collect import Run, load


def export(
    run: Run | str | Path,
    cell: Cell | str,
    round_: int,
    to: str | Path,
    *,
    format: str = "native",
    masks: bool = False,
) -> PrunedNetwork:
    """Writes the network at the end of a round of a cell as a safetensors file.

    The run must have saved its parameters (`config.save.params`). docs/exchange.md shows how the
    file is read.

    Args:
      run: a workdir, or what `load` gives.
      cell: which one; as a text it is written as its folder is called, "lrr/noise=0.4/seed=20".
      round_: 0 for the dense network.
      to: the file, which ends in `.safetensors`.
      format: "native" for the names and the axes of this program, with the mask; "torch" for those
        that `load_state_dict` of PyTorch expects, with zeros for what is pruned.
      masks: with "torch", whether the masks are there, too, as `torch.nn.utils.prune` keeps them.

    Returns:
      What was written.

    Raises:
      ValueError: there is no such network, or it cannot be written so.
    """
    path = Path(to)
    files.check(path, format, masks)
    own = load(Path(run)) if isinstance(run, str | Path) else run
    found = cells.network(own, cells.find(own, cell) if isinstance(cell, str) else cell, round_)
    files.write(found, path, format, masks=masks)
    return found
