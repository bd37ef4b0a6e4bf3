"""Runs a command again and again, each time in a process of its own that begins at once.

python prepared.py MODULE < [step, ...] > [[exit status, stdout, stderr], ...]

What takes seconds to import is imported once; each process is a copy of this one that runs
MODULE as `python -m` does. A step has `arguments`, and may have the end of the process:

signal_before: [pattern, number, seconds]. Just before the first dealing with files that
  matches (`open`, `os.rename`, `os.remove`, `os.mkdir` or `os.rmdir`, followed by the first path
  and the second), or so many seconds later, the process sends itself the signal with this number.
full_before: [pattern, bytes]. Just before the first dealing with files that matches the disk is
  full: from then on no file can grow beyond so many bytes.
refused_before: [pattern, folder]. Just before the first dealing with files that matches, nobody may
  write into the folder any more, nor into what lies in it; root, who may, gives up that privilege.
scarce_before: [pattern, megabytes]. Just before the first dealing with files that matches memory
  becomes scarce: from then on the process can have only so much more.
"""

import ctypes
import json
import os
import resource
import runpy
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import sklearn.datasets  # noqa: F401
import tensorflow_datasets  # noqa: F401
from array_record.python import array_record_data_source  # noqa: F401
from dealings import before

TIMEOUT = 120  # seconds for a step


def signal_before(pattern, number, seconds):
    """This process will send itself a signal."""

    def send():
        os.kill(os.getpid(), number)

    before(pattern, threading.Timer(seconds, send).start if seconds else send)


def full_before(pattern, size):
    """No file will grow any more."""
    limits = size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    before(pattern, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits))


def refused_before(pattern, folder):
    """Files in the folder can be read, but no longer be made, changed or removed."""
    bound_by_permissions()

    def act():
        for path in [Path(folder), *Path(folder).rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)

    before(pattern, act)


def bound_by_permissions():
    """Takes from root the capabilities that let it pass over the permissions of files.

    Each thread has its own and passes them on: so there must be only one. See capabilities(7).
    """

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    class Data(ctypes.Structure):
        names = ("effective", "permitted", "inheritable")
        _fields_ = tuple(zip(names, [ctypes.c_uint32] * 3, strict=True))

    libc, header, data = ctypes.CDLL(None), Header(0x20080522, 0), (Data * 2)()
    assert libc.capget(ctypes.byref(header), data) == 0
    data[0].effective &= ~(1 << 1 | 1 << 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(ctypes.byref(header), data) == 0


def scarce_before(pattern, megabytes):
    """Memory will be refused to this process, as that of a device is where it has too little."""

    def act():
        now = psutil.Process().memory_info().vms
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (now + megabytes * 2**20, most))

    before(pattern, act)


def command(module, step):
    """The part of the copy; it never returns."""
    sys.argv = [module, *step["arguments"]]
    status = 0
    try:
        for happening in (signal_before, full_before, refused_before, scarce_before):
            if happening.__name__ in step:
                happening(*step[happening.__name__])
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        status = leaving.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def ended(child):
    """The exit status of a copy."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return f"still running after {TIMEOUT} s"


def outcome(module, step, folder):
    names = [folder / "out", folder / "err"]
    for name in names:
        name.write_text("")
    child = os.fork()
    if not child:
        for target, name in enumerate(names, start=1):
            os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), target)
        command(module, step)
    status = ended(child)
    return [status, *(name.read_text() for name in names)]


sys.path[0] = os.getcwd()
with tempfile.TemporaryDirectory() as folder:
    print(json.dumps([outcome(sys.argv[1], s, Path(folder)) for s in json.load(sys.stdin)]))
