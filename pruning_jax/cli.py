"""What all commands share: flags, errors in one line, exit statuses."""

import os
import sys
import traceback
from collections.abc import Callable, Sequence

from absl import app, flags, logging

from pruning_jax import errors, interrupt, plugins, screen, usage
from pruning_jax.errors import OwnCode, WrongUse
from pruning_jax.experiment import flags as config_flags
from pruning_jax.experiment.config import Config

DONE, WRONG_USE, UNFINISHED, STOPPED = 0, 2, 3, interrupt.STOPPED
"""Exit statuses: all done; something for the user to mend; something is left to do; stopped with
everything saved."""

FLAGS = flags.FLAGS
flags.DEFINE_bool("debug", False, "show the traceback of an error, too")


def define_config() -> None:
    """The flag --config, with --config.<setting> for every setting in it."""
    config_flags.define()


def config() -> Config:
    """The configuration as the flags made it."""
    errors.require(
        FLAGS.config is not None, "--config is missing, as in --config=configs/digits.py"
    )
    return FLAGS.config


def start(command: Callable[..., int], *, words: int = 0, goes_on: bool = False) -> None:
    """Parses the flags, runs the command and exits with its status.

    What the user can mend is one line on stderr and status 2, without a traceback.

    Args:
      words: how many words without -- the command is given, at most, as its arguments.
      goes_on: whether the command goes on where it was stopped, instead of beginning anew.
    """

    def guarded(rest: Sequence[str]) -> int:
        try:
            own, more = rest[1 : 1 + words], rest[1 + words :]
            errors.require(not more, _stray(more, words))
            return command(*own)
        except OwnCode as error:
            return _complain(f"{error}; --debug shows the whole traceback", error)
        except WrongUse as error:
            return _complain(str(error), error)
        except KeyboardInterrupt as error:  # training stops by itself; this is of other commands
            said = "stopped; the same command goes on" if goes_on else "stopped"
            return _complain(said, error, STOPPED)
        except OSError as error:
            return _of_system(error)
        except Exception as error:
            return _of_own_code(error)

    FLAGS.register_key_flag_for_module(sys.argv[0], FLAGS["debug"])  # so that --help tells of it
    app.run(guarded, flags_parser=_parse)


def _parse(argv: list[str]) -> list[str]:
    logging.set_verbosity(logging.ERROR)  # else Orbax tells of every file
    if usage.HELP & set(argv):
        print(usage.of_command(sys.modules["__main__"].__doc__ or "", argv[0], screen.width()))
        sys.exit(DONE)
    plain = None
    try:
        plain = config_flags.checked(argv)
        return FLAGS(argv)
    except flags.UnrecognizedFlagError as error:
        sys.exit(_complain(_unknown_flag(error.flagname, argv[0])))
    except flags.IllegalFlagValueError as error:
        sys.exit(_complain(config_flags.wrong_value(str(error), plain)))
    except (flags.Error, WrongUse, TypeError, ValueError, AttributeError, KeyError) as error:
        sys.exit(_complain(str(error).strip().splitlines()[-1]))


def _stray(words: Sequence[str], taken: int) -> str:
    """That words are no flags, and the flag that may be meant by one word.

    Args:
      taken: how many words the command took.
    """
    if taken:
        return f"{' '.join(words)!r} is too much: the command takes one word, and flags"
    hint = ""
    if len(words) == 1:
        meant = "config" if words[0].endswith(".py") else "workdir"
        hint = f"; did you mean --{meant}={words[0]}?" if meant in FLAGS else ""
    return f"{' '.join(words)!r} is no flag; all begin with --{hint}"


def _unknown_flag(name: str, program: str) -> str:
    own = sorted({flag.name for flag in FLAGS.get_key_flags_for_module(program)} - {"debug"})
    known = [flag for flag in own if not flag.startswith("config")]
    settings = []
    if "config" in FLAGS:  # not every command has one
        known, settings = ["config", *known], ["--config.<setting>"]
    listed = ", ".join(["--help", *settings, *(f"--{flag}" for flag in (*known, "debug"))])
    meant = errors.closest(name, known)
    hint = f"; did you mean --{meant}?" if meant else ""
    return f"unknown flag --{name}{hint} (there are {listed})"


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
