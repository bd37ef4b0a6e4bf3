"""The launchers, as far as they need no cluster: real processes, and what a dry run prints."""

import os
import shlex
import shutil
import signal
import subprocess
import sys

import processes
import pytest
import yaml
from processes import ROOT, SMOKE, content, files

LAUNCH = ROOT / "launch"
SCRIPTS = sorted(LAUNCH.glob("*.sh"))
HOSTILE = [
    "a b",
    "it's",
    'say "x"',
    "$(touch broken)",
    "`touch broken`",
    "two\nlines",
    "*",
    "\\",
    "é",
]
NO_GPU = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}


def call(script, *arguments, cwd, **variables):
    """A launcher from start to end."""
    return subprocess.run(
        [LAUNCH / script, *map(str, arguments)],
        env={**os.environ, "PYTHON": sys.executable, **NO_GPU, **variables},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=processes.TIMEOUT,
    )


@pytest.mark.skipif(
    not shutil.which("shellcheck"), reason="no shellcheck: `make slurm` installs it"
)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script):
    done = subprocess.run(["shellcheck", "-x", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_right_for_bash(script):
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert os.access(script, os.X_OK) == (script.name != "common.sh")


# local.sh


@pytest.fixture
def tells(tmp_path):
    """A program in the place of Python that tells what it is given, and the devices it may use."""
    path = tmp_path / "tells"
    path.write_text(
        "#!/usr/bin/env bash\n"
        'printf \'%s\\0\' "$@" "gpu=${CUDA_VISIBLE_DEVICES-unset}" '
        '"part=${XLA_PYTHON_CLIENT_MEM_FRACTION-unset}"\n'
    )
    path.chmod(0o755)
    return path


def told(workdir):
    """What each process was given, and its devices and its part of their memory."""
    logs = sorted((workdir / "logs").iterdir(), key=lambda path: path.name)
    return [path.read_text().split("\0")[:-1] for path in logs]


def test_words_that_a_shell_would_take_apart(tells, tmp_path):
    workdir = tmp_path / "".join(HOSTILE)
    flags = [f"--workdir={workdir}", *(f"--config.x={word}" for word in HOSTILE)]
    done = call("local.sh", *flags, cwd=tmp_path, PYTHON=str(tells))
    assert done.returncode == 0, done.stderr
    assert told(workdir) == [["-m", "pruning_jax.run", *flags, "gpu=", "part=unset"]]
    assert f"pruning_jax.report\0--workdir={workdir}\0" in done.stdout
    assert f"pruning_jax.verify\0--workdir={workdir}\0" in done.stdout
    assert not (tmp_path / "broken").exists()


@pytest.mark.parametrize(
    ("given", "visible", "processes_"),
    [
        ([], "2,3", [("2", "unset"), ("3", "unset")]),
        ([], "GPU-7f", [("GPU-7f", "unset")]),
        ([3], "2,3", [("2", "0.45"), ("3", "0.45"), ("2", "0.45")]),
        ([1], "2,3", [("2", "unset")]),
        ([2], "", [("", "unset"), ("", "unset")]),
        ([], "-1", [("-1", "unset")]),
    ],
)
def test_one_process_for_each_gpu(given, visible, processes_, tells, tmp_path):
    flags = ["--workdir", str(tmp_path / "run")]
    variables = {"PYTHON": str(tells), "CUDA_VISIBLE_DEVICES": visible}
    done = call("local.sh", *given, *flags, cwd=tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    shares = [f"--shares={len(processes_)}"] if len(processes_) > 1 else []
    assert told(tmp_path / "run") == [
        ["-m", "pruning_jax.run", *shares, *flags, f"gpu={gpu}", f"part={part}"]
        for gpu, part in processes_
    ]


def test_the_gpus_that_nvidia_smi_lists(tells, tmp_path):
    """A program of that name says what the real one says; no GPU is at hand."""
    smi = tmp_path / "bin" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text(
        "#!/bin/sh\necho 'GPU 0: NVIDIA H100 (UUID: GPU-1)'\n"
        "echo '  MIG 1g.10gb Device 0: (UUID: MIG-1)'\n"
        "echo 'GPU 1: NVIDIA H100 (UUID: GPU-2)'\n"
    )
    smi.chmod(0o755)
    path = f"{smi.parent}:{os.environ['PATH']}"
    line = ["env", "-u", "CUDA_VISIBLE_DEVICES", f"PATH={path}", f"PYTHON={tells}"]
    done = subprocess.run([*line, LAUNCH / "local.sh", f"--workdir={tmp_path}"], cwd=tmp_path)
    assert done.returncode == 0
    assert [words[-2] for words in told(tmp_path)] == ["gpu=0", "gpu=1"]


def test_wrong_use_of_the_launchers(tmp_path):
    for script, arguments, says in [
        ("local.sh", [], "local.sh: --workdir is missing"),
        ("slurm.sh", ["--", "--workdir=x"], "slurm.sh: -- is no number of jobs"),
        ("slurm.sh", [0, "--", "--workdir=x"], "slurm.sh: 0 is no number of jobs"),
        ("slurm.sh", [2, "--workdir=x"], "slurm.sh: -- is missing"),
        ("slurm.sh", [2, "--array=1-4", "--", "--workdir=x"], "the array is made from SHARES"),
        ("slurm.sh", [2, "--"], "slurm.sh: --workdir is missing"),
        ("tpu.sh", ["name"], "tpu.sh: NAME ZONE"),
        ("tpu.sh", ["name", "zone"], "tpu.sh: NAME ZONE"),
    ]:
        done = call(script, *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert says in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_two_processes_a_report_and_a_verification(tmp_path_factory, tmp_path):
    reference = processes.reference(tmp_path_factory)
    workdir = tmp_path / "a 'run' of $HOME"
    done = call("local.sh", 2, *processes.training(workdir), cwd=tmp_path)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "Wrote" in done.stdout
    assert "WRONG" not in done.stdout
    for name in files(reference):
        if not name.startswith("figures"):  # which the report draws again
            assert content(workdir / name) == content(reference / name), name
    logs = [path.read_text() for path in sorted((workdir / "logs").iterdir())]
    assert len(logs) == 4  # what each process printed, and the log that it keeps itself
    assert all("6 cells in 2 groups" in log for log in logs)


@pytest.mark.slow
def test_a_process_that_fails_stops_no_other(tmp_path):
    """Its status is what the launcher ends with."""
    program = tmp_path / "python"
    program.write_text(
        '#!/usr/bin/env bash\n[ "$2" != pruning_jax.run ] && exec "$REAL" "$@"\n'
        'mkdir first 2>/dev/null && { echo "no luck"; exit 9; }\nexec "$REAL" "$@"\n'
    )
    program.chmod(0o755)
    how = {"PYTHON": str(program), "REAL": sys.executable}
    line = processes.training(tmp_path / "run", grid__algorithms=("lrr",), rounds=1)
    done = call("local.sh", 2, *line, cwd=tmp_path, **how)
    assert done.returncode == 9, (done.stdout, done.stderr)
    assert "ended with status 9: no luck" in done.stderr
    assert "Wrote" in done.stdout
    found = processes.run(f"--workdir={tmp_path / 'run'}", command="status")
    assert found.returncode == 0, found.stdout


STAGES = ["run", "report", "verify"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_signal_reaches_every_stage(stage, number, tmp_path):
    """A program in the place of Python waits in that stage."""
    program = tmp_path / "python"
    program.write_text(
        f'#!/usr/bin/env bash\n[ "$2" = pruning_jax.{stage} ] || exit 0\n'
        f"trap 'echo told >>{shlex.quote(str(tmp_path / 'told'))}; exit 75' TERM\n"
        f"touch {shlex.quote(str(tmp_path))}/began_$$\n"
        "while :; do sleep 0.1; done\n"
    )
    program.chmod(0o755)
    launcher = subprocess.Popen(
        [LAUNCH / "local.sh", "2", f"--workdir={tmp_path / 'run'}"],
        env={**os.environ, **NO_GPU, "PYTHON": str(program)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    count = 2 if stage == "run" else 1
    while len(list(tmp_path.glob("began_*"))) < count:
        assert launcher.poll() is None
    launcher.send_signal(number)
    done = processes.end(launcher)
    assert done.returncode == 75, (done.stdout, done.stderr)
    assert "stopped by a signal; the same command goes on" in done.stdout
    assert (tmp_path / "told").read_text() == "told\n" * count


# slurm.sh and tpu.sh, as far as nothing is submitted


def test_what_slurm_would_be_told(tmp_path):
    flags = ["--config", "configs/x y.py", *(f"--config.x={word}" for word in HOSTILE)]
    flags += [f"--workdir={HOSTILE[3]}"]
    line = ["--dry-run", 8, "--gpus=1", "--comment=it's", "--", *flags]
    done = call("slurm.sh", *line, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    script = "sbatch() { printf '%s\\0' \"$@\" >&2; printf '\\n' >&2; echo 17; }\n"
    lines = done.stdout.splitlines()
    submits = "\n".join(lines[next(i for i, x in enumerate(lines) if x.startswith("job=")) :])
    ran = subprocess.run(["bash", "-c", script + submits], capture_output=True, text=True)
    array, last = (part.split("\0") for part in ran.stderr.removesuffix("\0\n").split("\0\n"))
    own = ["--gpus=1", "--comment=it's"]
    script = str(LAUNCH / "slurm.sh")
    task = [script, "task", sys.executable, "--shares=8", *flags]
    assert array == ["--parsable", "--array=1-8", *own, *task]
    finish = [script, "finish", sys.executable, HOSTILE[3]]
    assert last == [
        *("--parsable", "--dependency=afterany:17"),
        *(*own, "--job-name=pruning_jax_report", *finish),
    ]
    assert not (tmp_path / "broken").exists()


def test_what_a_tpu_would_be_told(tmp_path):
    flags = [SMOKE, *(f"--config.x={word}" for word in HOSTILE), f"--workdir={HOSTILE[2]}"]
    done = call("tpu.sh", "--dry-run", "mine", "here", "--spot", "--", *flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    script = "gcloud() { printf '%s\\0' \"$@\"; printf '\\n'; }\n"
    ran = subprocess.run(["bash", "-c", script + done.stdout], capture_output=True, text=True)
    create, *rest = (part.split("\0") for part in ran.stdout.removesuffix("\0\n").split("\0\n"))
    assert create == ["compute", "tpus", "tpu-vm", "create", "mine", "--zone=here", "--spot"]
    (start,) = (c[-1].removeprefix("--command=") for c in rest if "nohup" in c[-1])
    home = tmp_path / "home"
    (home / "pruning_jax" / "launch").mkdir(parents=True)
    local = home / "pruning_jax" / "launch" / "local.sh"
    local.write_text("#!/bin/bash\nprintf '%s\\0' \"$@\"\n")
    local.chmod(0o755)
    subprocess.run(["bash", "-c", f"{start} wait"], cwd=home, check=True)
    assert (home / "pruning_jax" / "local.log").read_text().split("\0")[:-1] == ["1", *flags]
    assert not list(tmp_path.rglob("broken"))


def test_what_a_cloud_would_run(tells, tmp_path):
    """The last part of sky.yaml, with flags that are quoted as its head says."""
    task = yaml.safe_load((LAUNCH / "sky.yaml").read_text())
    assert task["resources"]["use_spot"]
    assert task["file_mounts"]["/runs"] == {"name": "${BUCKET}", "mode": "MOUNT_CACHED"}
    workdir = tmp_path / "runs"
    flags = [f"--workdir={workdir}", *(f"--config.x={word}" for word in HOSTILE)]
    quoted = subprocess.run(
        ["bash", "-c", "printf '%q ' \"$@\"", "bash", *flags], capture_output=True, text=True
    ).stdout
    subprocess.run(
        ["bash", "-c", task["run"]],
        env={**os.environ, **NO_GPU, "FLAGS": quoted, "PYTHON": str(tells)},
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    assert told(workdir) == [["-m", "pruning_jax.run", *flags, "gpu=", "part=unset"]]
