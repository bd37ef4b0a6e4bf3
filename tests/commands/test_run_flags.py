"""The flags of run that change no result: events, a trace, a log."""

import json

import processes
import pytest
from processes import assert_same, train


@pytest.mark.slow
def test_events_a_log_and_a_trace(tmp_path, tmp_path_factory):
    run = tmp_path / "run"
    done = train(run, "--log_json", "--profile=3")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds.count("started") == 1
    assert kinds[-1] == "finished"
    assert {*kinds} == {"started", "message", "round", "finished"}
    rounds = [(e["algorithm"], e["round"]) for e in events if e["event"] == "round"]
    names = ("lrr", "weight_rewinding", "random")
    assert rounds == [(name, round_) for name in names for round_ in (1, 2)]
    assert events[-1]["rows"] == 18
    assert events[-1]["left"] == 0
    (log,) = (run / "logs").iterdir()
    logged = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
    assert logged == done.stdout.splitlines()
    assert list(run.glob("profile/**/*.xplane.pb"))
    for folder in (run / "profile").iterdir():
        assert folder.is_dir()
    verified = processes.run(f"--workdir={run}", command="verify")
    assert verified.returncode == 0, verified.stdout
    (run / "verified.json").unlink()
    for path in sorted((run / "profile").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert_same(run, processes.reference(tmp_path_factory))


@pytest.mark.slow
def test_stopping_is_an_event(tmp_path):
    before = r"^open \S*/random/noise=0.3/seed=0/masks/\.round_01"
    arguments = processes.training(tmp_path / "run", "--log_json")
    step = {"arguments": arguments, "signal_before": [before, 15, 0]}
    (done,) = processes.in_succession([step])
    assert done.returncode == 75, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["event"] == "stopped"
    assert "the same command goes on" in last["text"]


def test_a_refusal_is_an_event_and_a_line(tmp_path):
    arguments = processes.training(tmp_path / "run", "--log_json", epochs=0)
    done = processes.run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["event"] == "failed"
    assert "epochs 0 is not above 0" in done.stderr
    assert not list(tmp_path.iterdir())
