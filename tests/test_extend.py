"""The examples of docs/extend.md: each is short, passes its check, and works with its command.

A section is found by its heading, "## A <kind>". Its first block of Python begins with the name of
a file, `# my_<kind>.py`; its last one calls the check; a block that is not Python has the command.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from processes import QUICKLY_COMPILED

from pruning_jax import plugins

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "extend.md").read_text()
SECTIONS = dict(re.findall(r"^## (An? [^\n]+)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S))


def blocks(section, *languages):
    """The content of the fenced blocks in some languages."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", SECTIONS[section], re.M | re.S)
    return [content for language, content in found if language in languages]


def example(section):
    """The name of the example's file, and what is in it."""
    content = blocks(section, "python")[0]
    return re.match(r"# (my_\w+\.py)\n", content).group(1), content


def commands(section):
    """The commands of a section, each as a list of arguments."""
    lines = "".join(blocks(section, "", "sh", "bash")).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines]


@pytest.fixture
def folder(tmp_path):
    """A folder with all examples and the configurations, as where a user works."""
    for section in SECTIONS:
        name, content = example(section)
        (tmp_path / name).write_text(content)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    return tmp_path


def in_python(folder, *arguments, **variables):
    """What comes of Python with arguments in a folder, with other environment variables."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "JAX_PLATFORMS": "cpu", **variables},
    )


def test_every_kind_of_plugin_has_a_section():
    kinds = {kind.what.replace("dataset", "data set").replace("_", " ") for kind in plugins.KINDS}
    assert {section.partition(" ")[2] for section in SECTIONS} == kinds
    assert len({example(section)[0] for section in SECTIONS}) == len(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_an_example_is_at_most_15_lines(section):
    _, content = example(section)
    assert len(content.splitlines()) <= 15


@pytest.mark.parametrize("section", SECTIONS)
def test_an_example_passes_its_check(section, folder):
    check = blocks(section, "python")[-1]
    name, _ = example(section)
    assert re.search(rf"check_\w+\(.*\b{name.removesuffix('.py')}\b", check)
    done = in_python(folder, "-c", check)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("section", SECTIONS)
def test_a_command_uses_the_example(section):
    """By its name as `my_module:name`, which the module has."""
    name, content = example(section)
    module, found = name.removesuffix(".py"), commands(section)
    assert found
    used = {n for line in found for part in line for n in re.findall(rf"\b{module}:(\w+)", part)}
    assert used
    defined = re.findall(r"^(?:def |class )?(\w+)(?:\(| = )", content, re.M)
    assert used <= {*defined}


@pytest.mark.slow
@pytest.mark.parametrize("section", SECTIONS)
def test_its_command_runs(section, folder):
    """As it stands there; a command that reads a run is only for those who have one."""
    for python, *arguments in commands(section):
        assert python == "python"
        if "pruning_jax.run" in arguments:
            done = in_python(folder, *arguments, **QUICKLY_COMPILED)
            assert done.returncode == 0, done.stderr
