"""Writes a pruned network of a run as a safetensors file, for other programs.

  python -m pruning_jax.export --workdir=runs/digits --round=5 \\
    --cell=lrr/noise=0.4/seed=20 --to=net.safetensors --format=torch

The cell is written as its folder below cells/ is called. The run must have saved its parameters
(--config.save.params=True). --format=native has the names and the axes of this program and always
the mask; --format=torch those of PyTorch, for load_state_dict, with zeros for what is pruned, and
with --masks the masks as torch.nn.utils.prune keeps them. docs/exchange.md shows how both are read.

Exit status: 0 the file is written; 2 wrong use.
"""

from absl import flags

import pruning_jax
from pruning_jax import cli
from pruning_jax.errors import printable, require
from pruning_jax.exchange.files import FORMATS

flags.DEFINE_string("workdir", None, "the directory of the run")
flags.DEFINE_string("cell", None, "the cell, as its folder is called: lrr/noise=0.4/seed=20")
flags.DEFINE_integer("round", None, "the round at whose end the network is taken")
flags.DEFINE_string("to", None, "the file, which ends in .safetensors")
flags.DEFINE_string("format", "native", f"names and axes, one of {', '.join(sorted(FORMATS))}")
flags.DEFINE_bool(
    "masks", False, "with --format=torch: add the masks, as torch.nn.utils.prune does"
)

EXAMPLES = {
    "workdir": "runs/digits",
    "cell": "lrr/noise=0.4/seed=20",
    "round": 5,
    "to": "net.safetensors",
}


def command() -> int:
    """The command."""
    given = flags.FLAGS
    for name, example in EXAMPLES.items():
        require(given[name].value is not None, f"--{name} is missing, as in --{name}={example}")
    about = pruning_jax.export(
        given.workdir, given.cell, given.round, given.to, format=given.format, masks=given.masks
    ).about
    print(
        f"{printable(given.to)} has {about['cell']} after round {about['round']}: "
        f"{about['weights_remaining']:,} of {about['weights_total']:,} weights"
    )
    if "mean" not in about:
        print("config.json does not say how images were normalised, so the file does not either")
    return cli.DONE


if __name__ == "__main__":
    cli.start(command)
