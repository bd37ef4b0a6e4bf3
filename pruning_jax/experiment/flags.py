"""The flags --config and --config.<setting>: what is wrong with them, in words."""

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from absl import flags
from ml_collections import ConfigDict, config_flags
from ml_collections.config_flags import config_path

from pruning_jax.errors import WrongUse, require
from pruning_jax.experiment import checks
from pruning_jax.experiment.config import Config, hint, places

NAME = "config"
"""Of the flag."""

KINDS = {int: "a whole number", float: "a number", bool: "true or false"}


def define() -> None:
    """The flag --config, with --config.<setting> for every setting in it."""
    config_flags.DEFINE_config_file(NAME, None, "a file with get_config(): configs/digits.py")


def checked(argv: list[str]) -> ConfigDict | None:
    """The configuration that --config names, before other flags change it; None without --config.

    Raises:
      WrongUse: there is no such file, or another flag changes what the configuration does not have.
    """
    path = _named(argv)
    if path is None:
        return None
    plain = _read(path)
    for setting, value in _changed(argv):
        _check_setting(setting, plain)
        _check_value(setting, value, plain)
    return plain


def wrong_value(message: str, plain: ConfigDict | None) -> str:
    """A message of absl's about a flag's value, in words."""
    found = re.match(r"flag --config\.([\w.]+)=(.*?): ", message)
    if plain is None or not found:
        return message.strip().splitlines()[-1]
    name, value = found.groups()
    kind = KINDS.get(config_path.get_type(name, plain), "of the kind that the setting has")
    return f"--config.{name}: {value!r} is not {kind}"


def _named(argv: list[str]) -> str | None:
    """What --config names: a file; a part after a colon is its argument."""
    given = None
    for argument, following in zip(argv, [*argv[1:], ""], strict=True):
        name, equals, value = argument.partition("=")
        if name in ("--config", "-config"):
            given = value if equals else following
    return given


def _changed(argv: list[str]) -> Iterator[tuple[str, str]]:
    """Each --config.<setting> with the text that it is given."""
    for argument, following in zip(argv, [*argv[1:], ""], strict=True):
        found = re.fullmatch(r"--?(no)?config\.([\w.]+)(=.*)?", argument, re.DOTALL)
        if found:
            text = found.group(3)
            yield found.group(2), following if text is None else text[1:]


def _read(path: str) -> ConfigDict:
    """The configuration of a file, before any flag changes it.

    Raises:
      WrongUse: there is no such file, or it cannot be used.
    """
    file = Path(path.partition(":")[0])
    if not file.is_file():
        beside = [p for folder in ("configs", file.parent) for p in Path(folder).glob("*.py")]
        stems = {p.stem: str(p) for p in sorted(beside)}
        raise WrongUse(f"--config {path!r}: there is no such file{hint(file.stem, stems)}")
    plain = flags.FlagValues()
    config_flags.DEFINE_config_file(NAME, flag_values=plain, sys_argv=[])
    try:
        plain(["", f"--config={path}"])
    except Exception as error:
        raise WrongUse(f"{path} cannot be used: {_in_file(error, file)}") from error
    require(isinstance(plain.config, ConfigDict), f"{path}: get_config() returns no configuration")
    return plain.config


def _in_file(error: Exception, file: Path) -> str:
    """One line about an error that a configuration file made, with its line number."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    where = f"line {lines[-1]}: " if lines else ""
    text = str(error).strip()
    if not lines and "'get_config'" in text:
        return "it has no function get_config()"
    if isinstance(error, AttributeError) and "setting" in text:  # of `Settings`, in words
        return f"{where}{text}"
    return f"{where}{type(error).__name__}: {text.splitlines()[-1] if text else ''}"


def _check_setting(setting: str, plain: ConfigDict) -> None:
    """Raises WrongUse for a setting that the configuration lacks, with the one that was meant."""
    level: Any = plain
    path = setting.split(".")
    for depth, name in enumerate(path):
        try:
            level = level[name]
        except (KeyError, TypeError):
            what = f"unknown setting {name!r} in --config.{setting}"
            choices = sorted(level.keys()) if isinstance(level, ConfigDict) else []
            require(bool(choices), f"{what}: a single value has no settings")
            known = places(plain) | {own: ".".join((*path[:depth], own)) for own in choices}
            group = ".".join(path[:depth]) or "the configuration"
            listed = f" ({group} has {', '.join(choices)})"
            raise WrongUse(f"{what}{hint(name, known)}{listed}") from None


def _check_value(setting: str, value: str, plain: Config) -> None:
    """Raises WrongUse for a value of a group of settings, or of a tuple that is none.

    A single value would do as a tuple of one, but whoever writes grid.seeds=5 may mean five seeds.
    """
    kind, what = config_path.get_type(setting, plain), f"--config.{setting}"
    if isinstance(kind, type) and issubclass(kind, ConfigDict):
        below = ", ".join(f"{setting}.{name}" for name in plain[setting])
        chosen = "; did you mean grid.algorithms?" if setting == "algorithms" else f": {below}"
        raise WrongUse(f"{what} is a group of settings{chosen}")
    require(
        kind is not tuple or isinstance(checks.literal(value), tuple | list),
        f'{what}: {value!r} is not a tuple; write "{checks.as_tuple(value)}"',
    )
