"""How the commands explain themselves: --help of each, and the list of all."""

import ast
import textwrap
from pathlib import Path

from absl import flags

HELP = {"--help", "-help", "-h", "-?"}
"""What asks for help."""

WIDEST = 100
"""Longer lines are hard to read, however wide a terminal is."""


def of_command(docstring: str, program: str, width: int) -> str:
    """What --help prints: the docstring of a command, and its flags.

    Args:
      program: the file of the command, as in sys.argv[0].
      width: of the terminal, in columns.
    """
    width = min(width, WIDEST)
    paragraphs = [_paragraph(text, width) for text in docstring.strip("\n").split("\n\n")]
    known = {flag.name: flag for flag in flags.FLAGS.get_key_flags_for_module(program)}
    listed = {_written(flag): _explained(flag) for _, flag in sorted(known.items())}
    if "config" in flags.FLAGS:  # every setting is a flag, too, so that it is not listed itself
        listed = {
            "--config": "a file with get_config(), such as configs/digits.py",
            "--config.<setting>": "any setting in it, as in --config.epochs=20 or "
            '--config.grid.seeds="(0,1)"; docs/settings.md has them all',
        } | {name: text for name, text in listed.items() if not name.startswith("--config")}
    told = [_wrapped(f"{name}: {text}", width, "  ", "      ") for name, text in listed.items()]
    return "\n\n".join([*paragraphs, "Flags:", "\n".join(told)])


def of_all(width: int) -> str:
    """What `python -m pruning_jax` prints: each command with a sentence.

    The sentences are read from the files, so that nothing that takes time is imported.
    """
    width, package = min(width, WIDEST), Path(__file__).parent
    lines = []
    for path in sorted(package.glob("[!_]*.py")):
        tree = ast.parse(path.read_text())
        tests = [ast.unparse(node.test) for node in tree.body if isinstance(node, ast.If)]
        if "__name__ == '__main__'" in tests:
            sentence = (ast.get_docstring(tree) or "").splitlines()[0]
            name = f"  {path.stem:<9} "
            lines.append(_wrapped(sentence, width, name, " " * len(name)))
    head = "Prunes neural networks again and again, and asks why that makes them generalize better."
    how = "A command is given, and explains itself, as in\n\n  python -m pruning_jax.run --help"
    return "\n\n".join([_paragraph(head, width), "\n".join(lines), how])


def _paragraph(text: str, width: int) -> str:
    """A paragraph in lines of this width; one with indented lines, such as commands, as it is."""
    if any(line.startswith(" ") for line in text.splitlines()):
        return text
    return _wrapped(text, width)


def _wrapped(text: str, width: int, first: str = "", later: str = "") -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,  # of flags
    )


def _written(flag: flags.Flag) -> str:
    """A flag as it is given."""
    return f"--{'[no]' if flag.boolean else ''}{flag.name}"


def _explained(flag: flags.Flag) -> str:
    """What a flag is for, and what it is without being given."""
    said = " ".join((flag.help or "").split())
    return f"{said}; by default {flag.default}" if flag.default and not flag.boolean else said
