"""Locks between processes: who holds what, and what a user is told where there are none."""

import os
import signal
import subprocess
import sys

import pytest

from pruning_jax.errors import WrongUse
from pruning_jax.workdir import locks, paths, presence

HOLDS = """
import sys, time
from pathlib import Path
from pruning_jax.workdir import locks, paths, presence
workdir = Path(sys.argv[1])
taken = locks.cells(workdir).take(map(int, sys.argv[2:]))
with presence.registered(workdir) as here:
    here.says("training", map(int, sys.argv[2:]))
    print(taken, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def workdir(tmp_path):
    paths.checkpoints(tmp_path).mkdir()
    return tmp_path


@pytest.fixture
def hold(workdir):
    """A function that starts a process which takes cells, and prints whether it got them."""
    started = []

    def begin(*numbers):
        line = [sys.executable, "-c", HOLDS, str(workdir), *map(str, numbers)]
        started.append(subprocess.Popen(line, stdout=subprocess.PIPE, text=True))
        return started[-1], started[-1].stdout.readline().strip()

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_cells_are_taken_all_or_none_and_freed_by_kill_9(workdir, hold):
    first, taken = hold(2, 3, 7)
    assert taken == "True"
    second, taken = hold(3, 4)
    assert taken == "False"
    own = locks.cells(workdir)
    assert own.held(100) == {2, 3, 7}
    assert not own.take([6, 7])
    assert own.held(100) == {2, 3, 7}, "none is kept of what cannot be taken as a whole"
    assert own.take([4, 5])
    assert not own.take([5]), "nor twice by one process"
    assert own.held(100) == {2, 3, 4, 5, 7}
    assert own.held(4) == {2, 3}
    assert {p.pid for p in presence.alive(workdir)} == {first.pid, second.pid}
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert own.held(100) == {4, 5}
    assert [p.pid for p in presence.alive(workdir)] == [second.pid]
    assert own.take([2, 3, 7])
    own.free(range(10))
    assert own.held(100) == set()


def test_looking_at_locks_frees_none(workdir, hold):
    """Closing a file would free all locks that a process has on it."""
    own = locks.cells(workdir)
    assert own.take([1])
    assert locks.byte_locks(paths.cells_lock(workdir), writes=False).held(9) == {1}
    _, taken = hold(1)
    assert taken == "False"
    own.free([1])


def test_a_new_file_at_the_same_place_has_new_locks(workdir):
    assert locks.cells(workdir).take([1])
    paths.cells_lock(workdir).unlink()
    assert locks.cells(workdir).take([1])


def test_locks_that_nobody_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        locks.byte_locks(paths.cells_lock(tmp_path), writes=False)
    assert presence.alive(tmp_path) == []
    assert presence.at_work(tmp_path) == 0
    assert not any(tmp_path.iterdir())


def test_what_a_process_says_is_gone_with_it(workdir):
    with presence.registered(workdir) as here:
        (found,) = presence.alive(workdir)
        assert (found.pid, found.doing) == (os.getpid(), presence.BETWEEN)
        here.says(presence.TRAINING, [3, 4])
        (found,) = presence.alive(workdir)
        assert (found.doing, found.cells) == (presence.TRAINING, (3, 4))
    assert presence.alive(workdir) == []
    assert paths.processes(workdir) == {}


def test_what_a_killed_process_said_is_taken_away(workdir, hold):
    process, _ = hold(1)
    process.kill()
    process.wait()
    assert presence.alive(workdir) == []
    assert len(paths.processes(workdir)) == 1
    with presence.registered(workdir):
        (found,) = presence.alive(workdir)
        assert found.pid == os.getpid()
        assert len(paths.processes(workdir)) == 1


@pytest.mark.parametrize("lock", [paths.cells_lock, paths.shared_lock])
def test_a_folder_in_the_place_of_locks(lock, workdir):
    lock(workdir).mkdir()
    exclusive = locks.exclusive(workdir)
    take = exclusive.__enter__ if lock is paths.shared_lock else lambda: locks.cells(workdir)
    with pytest.raises(WrongUse, match="cannot be opened as a file of locks") as found:
        take()
    assert str(lock(workdir)) in str(found.value)


def test_locks_that_may_not_be_written(workdir):
    paths.cells_lock(workdir).touch()
    paths.cells_lock(workdir).chmod(0o444)
    if os.access(paths.cells_lock(workdir), os.W_OK):  # root may write everything
        pytest.skip("root may write every file; test_locks_that_another_user_may_not_write does it")
    with pytest.raises(WrongUse, match="cannot be opened as a file of locks"):
        locks.cells(workdir)


# A kernel that refuses locks, as that of a file system without them does.

REFUSES = """
import ctypes, errno, platform, struct, sys
from pathlib import Path

FCNTL = {"x86_64": 72, "aarch64": 25}[platform.machine()]
LOCKS = (5, 6, 7)  # F_GETLK, F_SETLK, F_SETLKW

def refuse(number):
    '''From now on the kernel answers every fcntl about a lock with this error (seccomp).'''
    load, equal, answer = 0x20, 0x15, 0x06
    code = [(load, 0, 0, 0), (equal, 0, 5, FCNTL), (load, 0, 0, 24)]
    code += [(equal, 2 - i, 0 if i < 2 else 1, lock) for i, lock in enumerate(LOCKS)]
    code += [(answer, 0, 0, 0x00050000 | number), (answer, 0, 0, 0x7FFF0000)]
    code[1] = (equal, 0, len(code) - 3, FCNTL)
    program = b"".join(struct.pack("HBBI", *step) for step in code)
    buffer = ctypes.create_string_buffer(program)
    filter_ = ctypes.create_string_buffer(struct.pack("HP", len(code), ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((38, 1, 0, 0, 0), (22, 2, filter_, 0, 0)):
        if libc.prctl(*call):
            print("no seccomp"); sys.exit(77)

from pruning_jax.errors import WrongUse
from pruning_jax.workdir import locks
refuse(getattr(errno, sys.argv[2]))
workdir = Path(sys.argv[1])
for take in (lambda: locks.cells(workdir).take([1]), lambda: locks.cells(workdir).held(4),
             lambda: locks.exclusive(workdir).__enter__()):
    try:
        take()
        print("nothing")
    except WrongUse as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be told to refuse locks")
@pytest.mark.parametrize("error", ["ENOLCK", "ENOSYS", "ENOTSUP"])
def test_a_file_system_without_locks(error, workdir):
    line = [sys.executable, "-c", REFUSES, str(workdir), error]
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode == 77:
        pytest.skip("this kernel cannot be told to refuse locks")
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert len(said) == 3
    for one in said:
        assert "has no byte locks (" in one
        assert str(workdir) in one
        assert "Lustre that is mounted with -o flock" in one


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_locks_that_another_user_may_not_write(workdir):
    paths.cells_lock(workdir).touch(mode=0o444)
    for folder in (workdir, *workdir.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o555)
    line = [sys.executable, "-c", NOBODY, str(workdir)]
    done = subprocess.run(line, capture_output=True, text=True)
    assert "cannot be opened as a file of locks (Permission denied)" in done.stdout, done.stderr


NOBODY = """
import os, sys
from pathlib import Path
from pruning_jax.errors import WrongUse
from pruning_jax.workdir import locks
os.setuid(65534)
try:
    locks.cells(Path(sys.argv[1]))
except WrongUse as error:
    print(error)
"""
