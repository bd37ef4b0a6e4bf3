"""`prepare` as a command: what it explains, what it refuses, and what a signal leaves."""

import signal
import subprocess
import sys

import web as webs

from pruning_jax.data import sources


def command(*arguments):
    return [sys.executable, "-m", "pruning_jax.prepare", *arguments]


def ended(*arguments):
    return subprocess.run(command(*arguments), capture_output=True, text=True)


def test_help_explains_and_shows_an_example():
    shown = ended("--help")
    assert shown.returncode == 0
    assert "python -m pruning_jax.prepare --dataset=mnist" in shown.stdout
    names = sources.origins()
    assert len(names) > 5
    assert all(flag in shown.stdout for flag in ("--data_dir", "--mirror", *names))


def test_an_unknown_data_set_is_one_line(tmp_path):
    wrong = ended("--dataset=fashionmnist", f"--data_dir={tmp_path}")
    assert wrong.returncode == 2
    names = ", ".join(sorted(sources.origins()))
    assert wrong.stderr.splitlines() == [
        f"prepare.py: dataset 'fashionmnist' is not one of {names}; did you mean fashion_mnist?"
    ]


def test_a_data_set_without_an_origin_is_not_prepared(tmp_path):
    wrong = ended("--dataset=digits", f"--data_dir={tmp_path}")
    assert wrong.returncode == 2
    assert "dataset 'digits' is not one of" in wrong.stderr


def test_a_signal_leaves_nothing(tmp_path):
    with webs.serving() as web:
        web.waits.clear()
        place = tmp_path / "new"
        arguments = ("--dataset=mnist", f"--data_dir={place}", f"--mirror={web.url}")
        web.content["train-images-idx3-ubyte.gz"] = bytes(9_912_422)
        web.breaks_after = 1000
        with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout.readline().startswith("downloading")
            assert [path.name[:17] for path in place.iterdir()] == [".preparing-mnist-"]
            running.send_signal(signal.SIGTERM)
            out = running.stdout.read()
        assert running.returncode == 75
        assert "nothing of mnist was kept" in out
        assert not place.exists()
