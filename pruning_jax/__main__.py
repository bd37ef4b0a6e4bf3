"""Lists the commands."""

import sys

from pruning_jax import screen, usage

WRONG_USE = 2
"""The exit status, as in `cli`, which takes longer to import."""


def main(arguments: list[str]) -> int:
    """Prints what commands there are; the exit status."""
    if unknown := [argument for argument in arguments if argument not in usage.HELP]:
        name = unknown[0].lstrip("-")
        print(
            f"pruning_jax: {unknown[0]!r}: a command is given as `python -m pruning_jax.{name}`",
            file=sys.stderr,
        )
        return WRONG_USE
    print(usage.of_all(screen.width()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
