"""A real SLURM of one node, brought up for tests and taken down after them.

It has ports, a socket and keys of its own, so that several may run on one machine.
"""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
TIMEOUT = 300  # seconds for what hangs

CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmUser={user}
SlurmdUser={user}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def lacking():
    """What is missing for a SLURM here; "" if nothing is."""
    missing = [name for name in NEEDED if not shutil.which(name, path=PATH)]
    return f"no {', '.join(missing)}: `make slurm` installs SLURM where it may" if missing else ""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def until(condition, what):
    """What `condition` returns, once that is true."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {TIMEOUT} s")


class Cluster:
    """A SLURM at work."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(folder / "slurm.conf")}
        for name in [name for name in self.environment if name.startswith("SLURM_")]:
            if name != "SLURM_CONF":
                del self.environment[name]

    def run(self, *command, cwd=None, check=True, **variables):
        """What a command printed."""
        done = subprocess.run(
            list(map(str, command)),
            env={**self.environment, **variables},
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def waiting(self):
        """The jobs that have not ended."""
        return self.run("squeue", "--noheader", "--array", "--format=%i %T").split("\n")[:-1]

    def until_idle(self):
        """Waits until all jobs have ended."""
        until(lambda: not self.waiting(), "the jobs end")

    def shown(self, job):
        """What SLURM says of a job, by the names of its fields."""
        words = self.run("scontrol", "show", "job", job).split("\n\n")[0].split()
        return dict(word.split("=", 1) for word in words if "=" in word)


def ended(pid_file):
    """Ends a daemon by its own file, and waits for that."""
    with suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)


@contextmanager
def cluster(folder):
    """A SLURM whose files lie in a folder."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    host = socket.gethostname().split(".")[0]
    made = {"host": host, "folder": folder, "user": getpass.getuser(), "ports": free_ports(2)}
    (folder / "slurm.conf").write_text(CONF.format(**made))
    found = Cluster(folder)
    files = {"socket": "socket", "key-file": "key", "pid-file": "pid", "seed-file": "seed"}
    munge = [f"--{flag}={folder}/munge.{name}" for flag, name in files.items()]
    try:
        found.run("munged", "--force", *munge, f"--log-file={folder}/munge.log")
        found.run("slurmctld", "-c")
        found.run("slurmd", "-c")
        until(lambda: "idle" in found.run("sinfo", "-h", "-o", "%T", check=False), "a node is idle")
        yield found
    finally:
        found.run("scancel", "--quiet", f"--user={made['user']}", check=False)
        with suppress(AssertionError):
            found.until_idle()
        for daemon in ("slurmd", "slurmctld", "munge"):
            ended(folder / f"{daemon}.pid")
