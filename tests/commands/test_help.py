"""How the commands explain themselves, in a terminal of 80 columns."""

import subprocess
import sys

import processes
import pytest
from processes import ROOT

COMMANDS = ("explore", "export", "plan", "prepare", "report", "run", "status", "verify")


def listed(*arguments, code=None):
    """What `python -m pruning_jax` does."""
    how = ["-c", code] if code else ["-m", "pruning_jax"]
    return subprocess.run(
        [sys.executable, *how, *arguments],
        env={"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_all_commands_are_listed_with_a_sentence_each(arguments):
    done = listed(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    names = [line.split()[0] for line in lines if line[:2] == "  " and line[2] != " "]
    assert names[:-1] == [*COMMANDS]  # the last line shows how a command is given
    assert "  report    Writes a report of a run: report.html, figures/ and tables/." in lines


def test_listing_the_commands_imports_none_of_them():
    code = (
        "import runpy, sys\n"
        "try:\n    runpy.run_module('pruning_jax', run_name='__main__')\n"
        "except SystemExit as error:\n    assert not error.code\n"
        "print(*(name for name in ('jax', 'pandas', 'pruning_jax.run') if name in sys.modules))\n"
    )
    done = listed(code=code)
    assert done.stdout.splitlines()[-1] == "", done.stderr


def test_a_command_as_a_word_is_told_how_it_is_given():
    done = listed("run", "--config=configs/digits.py")
    assert done.returncode == 2
    assert "`python -m pruning_jax.run`" in processes.one_line(done)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_the_terminal_and_has_every_flag(command):
    narrow, wide = (
        processes.run("--help", command=command, COLUMNS=str(width)) for width in (80, 300)
    )
    for done, width in ((narrow, 80), (wide, 100)):
        assert (done.returncode, done.stderr) == (0, "")
        assert max(map(len, done.stdout.splitlines())) <= width
        assert f"\n  python -m pruning_jax.{command} " in done.stdout
        assert "\n  --[no]debug: show the traceback of an error, too\n" in done.stdout
    assert narrow.stdout.split() == wide.stdout.split()
    configured = "\n  --config.<setting>: any setting in it, as in --config.epochs=20 or"
    assert (configured in narrow.stdout) == (command in ("run", "plan"))
