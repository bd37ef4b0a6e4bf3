"""What all commands share: flags, errors in one line, exit statuses."""

import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from absl import app, flags, logging
from ml_collections import ConfigDict, config_flags
from ml_collections.config_flags import config_path

from pruning_jax import errors, interrupt, plugins
from pruning_jax.errors import OwnCode, WrongUse, require
from pruning_jax.experiment import checks
from pruning_jax.experiment.config import Config

DONE, WRONG_USE, UNFINISHED, STOPPED = 0, 2, 3, interrupt.STOPPED
"""Exit statuses: all done; something for the user to mend; something is left to do; stopped with
everything saved."""

FLAGS = flags.FLAGS
flags.DEFINE_bool("debug", False, "show the traceback of an error, too")


def define_config() -> None:
    """The flag --config, with --config.<setting> for every setting in it."""
    config_flags.DEFINE_config_file("config", None, "a file with get_config(): configs/digits.py")


def config() -> Config:
    """The configuration as the flags made it."""
    errors.require(
        FLAGS.config is not None, "--config is missing, as in --config=configs/digits.py"
    )
    return FLAGS.config


def start(command: Callable[..., int], *, words: int = 0) -> None:
    """Parses the flags, runs the command and exits with its status.

    What the user can mend is one line on stderr and status 2, without a traceback.

    Args:
      words: how many words without -- the command is given, at most, as its arguments.
    """

    def guarded(rest: Sequence[str]) -> int:
        try:
            own, more = rest[1 : 1 + words], " ".join(rest[1 + words :])
            errors.require(not more, f"{more!r} is no flag; all begin with --")
            return command(*own)
        except OwnCode as error:
            return _complain(f"{error}; --debug shows the whole traceback", error)
        except WrongUse as error:
            return _complain(str(error), error)
        except KeyboardInterrupt as error:  # training stops by itself; this is of other commands
            return _complain("stopped; the same command goes on", error, STOPPED)
        except OSError as error:
            return _of_system(error)
        except Exception as error:
            return _of_own_code(error)

    FLAGS.register_key_flag_for_module(sys.argv[0], FLAGS["debug"])  # so that --help tells of it
    app.run(guarded, flags_parser=_parse)


def _parse(argv: list[str]) -> list[str]:
    logging.set_verbosity(logging.ERROR)  # else Orbax tells of every file
    if {"--help", "-help", "-h", "-?"} & set(argv):
        app.usage(shorthelp=True, writeto_stdout=True)
        sys.exit(DONE)
    plain = None
    try:
        path = _config_file(argv)
        plain = _read(path) if path is not None else None
        if plain is not None:
            _check_settings(argv, plain)
            _check_tuples(argv, plain)
        return FLAGS(argv)
    except flags.UnrecognizedFlagError as error:
        sys.exit(_complain(_unknown_flag(error.flagname, argv[0])))
    except flags.IllegalFlagValueError as error:
        sys.exit(_complain(_wrong_value(str(error), plain)))
    except (flags.Error, WrongUse, TypeError, ValueError, AttributeError, KeyError) as error:
        sys.exit(_complain(str(error).strip().splitlines()[-1]))


def _config_file(argv: list[str]) -> str | None:
    """What --config names: a file; a part after a colon is its argument."""
    given = None
    for argument, following in zip(argv, [*argv[1:], ""], strict=True):
        name, equals, value = argument.partition("=")
        if name in ("--config", "-config"):
            given = value if equals else following
    return given


def _read(path: str) -> ConfigDict:
    """The configuration of a file, before any flag changes it.

    Raises:
      WrongUse: there is no such file, or it cannot be used.
    """
    file = Path(path.partition(":")[0])
    if not file.is_file():
        beside = [p for folder in ("configs", file.parent) for p in Path(folder).glob("*.py")]
        stems = {p.stem: str(p) for p in sorted(beside)}
        meant = errors.closest(file.stem, stems)
        hint = f"; did you mean {stems[meant]}?" if meant else ""
        raise WrongUse(f"--config {path!r}: there is no such file{hint}")
    plain = flags.FlagValues()
    config_flags.DEFINE_config_file("config", flag_values=plain, sys_argv=[])
    try:
        plain(["", f"--config={path}"])
    except Exception as error:
        raise WrongUse(f"{path} cannot be used: {_in_file(error, file)}") from error
    errors.require(
        isinstance(plain.config, ConfigDict), f"{path}: get_config() returns no configuration"
    )
    return plain.config


def _in_file(error: Exception, file: Path) -> str:
    """One line about an error that a configuration file made, with its line number."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    where = f"line {lines[-1]}: " if lines else ""
    text = str(error).strip()
    if unknown := re.search(r'Key "(\w+)" does not exist', text):
        meant = re.search(r'Did you mean "(\w+)"', text)
        hint = f"; did you mean {meant.group(1)}?" if meant else ""
        return f"{where}unknown setting {unknown.group(1)!r}{hint}"
    if not lines and "'get_config'" in text:
        return "it has no function get_config()"
    return f"{where}{type(error).__name__}: {text.splitlines()[-1] if text else ''}"


def _check_settings(argv: list[str], plain: ConfigDict) -> None:
    """Raises WrongUse for the first --config.<setting> that the configuration lacks."""
    for argument in argv:
        found = re.match(r"--?(?:no)?config\.([\w.]+)", argument)
        level: Any = plain
        for name in found.group(1).split(".") if found else ():
            try:
                level = level[name]
            except (KeyError, TypeError):
                what = f"unknown setting {name!r} in {argument.split('=')[0]}"
                choices = sorted(level.keys()) if isinstance(level, ConfigDict) else []
                errors.require(bool(choices), f"{what}: a single value has no settings")
                hint = errors.nearest(name, choices)
                message = f"{what}; it is not one of {', '.join(choices)}{hint}"
                raise WrongUse(message) from None


def _check_tuples(argv: list[str], plain: ConfigDict) -> None:
    """Raises WrongUse for the first setting that is a tuple and is given as something else.

    A single value would do as a tuple of one, but whoever writes grid.seeds=5 may mean five seeds.
    """
    for argument, following in zip(argv, [*argv[1:], ""], strict=True):
        found = re.fullmatch(r"--?config\.([\w.]+)(=.*)?", argument, re.DOTALL)
        if found and config_path.get_type(found.group(1), plain) is tuple:
            text = found.group(2)[1:] if found.group(2) else following
            require(
                isinstance(checks.literal(text), tuple | list),
                f"--config.{found.group(1)}: {text!r} is not a tuple; write "
                f'"{checks.as_tuple(text)}"',
            )


def _unknown_flag(name: str, program: str) -> str:
    own = sorted({flag.name for flag in FLAGS.get_key_flags_for_module(program)} - {"debug"})
    known = [flag for flag in own if not flag.startswith("config")]
    settings = []
    if "config" in FLAGS:  # not every command has one
        known, settings = ["config", *known], ["--config.<setting>"]
    listed = ", ".join(["--help", *settings, *(f"--{flag}" for flag in (*known, "debug"))])
    return f"unknown flag --{name}; it is not one of {listed}{errors.nearest(name, known)}"


KINDS = {int: "a whole number", float: "a number", bool: "true or false"}


def _wrong_value(message: str, plain: ConfigDict | None) -> str:
    """A message of absl's about a flag's value, in words."""
    found = re.match(r"flag --config\.([\w.]+)=(.*?): ", message)
    if plain is None or not found:
        return message.strip().splitlines()[-1]
    name, value = found.groups()
    kind = KINDS.get(config_path.get_type(name, plain), "a group of settings")
    return f"--config.{name}: {value!r} is not {kind}"


def _of_system(error: OSError) -> int:
    """Tells of an error of the system that the user can mend; else as for any other error."""
    if error.errno in errors.FULL:
        return _complain(
            f"{error.filename or 'a file'} cannot be written: {error.strerror}; make room and "
            "run the same command again, what is finished stays"
        )
    if error.errno in errors.IN_THE_WAY and error.filename:
        return _complain(f"{error.filename} cannot be used: {error.strerror}", error)
    return _of_own_code(error)


def _of_own_code(error: Exception) -> int:
    """Tells of an error that code of the user's own raised; raises any other one again."""
    where = plugins.place(error)
    if not where:
        raise error
    return _complain(f"{where}: {errors.said(error)}; --debug shows the whole traceback", error)


def _complain(message: str, error: BaseException | None = None, status: int = WRONG_USE) -> int:
    """Prints a message as one line; with --debug the traceback of the error before it."""
    if error and ("--debug" in sys.argv or (FLAGS.is_parsed() and FLAGS.debug)):
        traceback.print_exception(error)
    program = os.path.basename(sys.argv[0])
    print(f"{program}: {errors.printable(' '.join(message.split()))}", file=sys.stderr)
    return status
