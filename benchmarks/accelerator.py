"""Everything that is to be known of this program on an accelerator, in one command of nine minutes.

  python benchmarks/accelerator.py [--minutes=9] [--out=runs/accelerator] [--parts=smoke,resnet20]

It needs one machine with a GPU or TPU and no network. Where the machine has no network and lacks a
package, collect the wheels on another machine of the same kind of processor and version of Python
with `pip download --only-binary=:all: -d wheels '.[cuda]'`, bring the folder along, and install
them with `pip install --no-index --find-links=wheels '.[cuda]'`. If JAX with its plugin is there
already, leave `[cuda]` away. The program itself need not be installed: the command runs from a
clone.

The parts, the most important first: whether it runs at all; ResNet-20 under each way of
computing; the same bits of two runs and after a kill; LeNet-300-100; sparse double descent on
MNIST; ResNet-50; and what was predicted of all these. Each has a process of its own and a limit of
time: whatever becomes of it, even an abort or a hang, the others are run. If one fails in a row,
it goes on with the next. What would not fit into the minutes is left out, and that is said.

After each part the results so far are in `accelerator.json` and `accelerator.md` in the folder
--out, and the part is printed. `lines.jsonl` there has each row as it was found, and `log.txt` what
the processes printed.

Pixels are random, unless TFDS_DATA_DIR says where MNIST and CIFAR-10 lie; what must be real are
scikit-learn's digits. --tiny runs every part in a tiny size, which a CPU can do: it shows that
the command works, and says nothing about speed.

Exit status: 0 all that was begun is done; 1 something failed; 2 wrong use, or there is no
accelerator.
"""

import argparse
import datetime
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.parts import tables, watched
from benchmarks.parts.setting import PARTS, ROOT, Setting
from pruning_jax import __version__, files

TINY_LEAST = 1.0
"""Seconds without which a part is not begun, where it is tiny."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=9.0, help="the time for all parts")
    parser.add_argument("--out", type=Path, default=Path("runs/accelerator"), help="a folder")
    parser.add_argument("--parts", default=",".join(PARTS), help="those to run, with commas")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, also on a CPU")
    asked = parser.parse_args()
    asked.parts = asked.parts.split(",")
    if unknown := [part for part in asked.parts if part not in PARTS]:
        parser.error(f"--parts: {unknown[0]!r} is not one of {', '.join(PARTS)}")
    if not asked.minutes > 0:
        parser.error(f"--minutes {asked.minutes} is not above 0")
    return asked


def about(asked: argparse.Namespace) -> dict[str, Any]:
    """What is known before anything is run."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": " ".join(sys.argv),
        "version": __version__,
        "commit": _git("rev-parse", "HEAD") or "unknown",
        "uncommitted_changes": bool(_git("status", "--porcelain")),
        "minutes": asked.minutes,
        "tiny": asked.tiny,
        "spent_seconds": 0.0,
        "parts": {},
    }


def _git(*words: str) -> str:
    """What git says of the clone; nothing where there is none."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def save(out: Path, content: dict[str, Any]) -> None:
    """Writes both files, each whole or not at all."""
    as_json = json.dumps(content, indent=1).encode()
    files.replace(out / "accelerator.json", lambda file: file.write(as_json))
    page = tables.document(content).encode()
    files.replace(out / "accelerator.md", lambda file: file.write(page))


def run(asked: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    """Runs the parts one after the other; what is known at the end."""
    out, begin, content = asked.out.resolve(), time.time(), about(asked)
    out.mkdir(parents=True, exist_ok=True)
    lines = out / "lines.jsonl"
    lines.unlink(missing_ok=True)
    (out / "log.txt").write_bytes(b"")
    parts = {name: part for name, part in PARTS.items() if name in asked.parts}
    whole, end = sum(part.share for part in parts.values()), begin
    for name, part in parts.items():
        end += 60 * asked.minutes * part.share / whole
        setting = Setting(asked.tiny, scratch, end, lines)
        least, left = TINY_LEAST if asked.tiny else part.least, end - time.time()
        if left < least:
            reason = f"it needs {least:.0f} s, and {max(0, left):.0f} s are left for it"
            content["parts"][name] = watched.result(name, {}, reason, 0.0)
        else:
            content["parts"][name] = watched.run(name, setting, out / "log.txt")
        content["spent_seconds"] = round(time.time() - begin, 1)
        save(out, content)
        print(tables.section(content["parts"][name]), end="\n\n", flush=True)
        if name == "device" and not asked.tiny and _on_cpu(content):
            break
    return content


def _on_cpu(content: dict[str, Any]) -> bool:
    """Whether JAX has found no accelerator."""
    rows = content["parts"]["device"]["rows"].values()
    return any(row["fields"].get("backend") == "cpu" for row in rows)


def main() -> int:
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # ends the part, too
    scratch = Path(tempfile.mkdtemp(prefix="accelerator_"))
    try:
        content = run(asked, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{content['spent_seconds']:.0f} s; the results are in {asked.out}")
    if "device" in content["parts"] and not asked.tiny and _on_cpu(content):
        print("JAX finds no accelerator here; --tiny tries the command on a CPU", file=sys.stderr)
        return 2
    failed = [p for p in content["parts"].values() if p["state"].startswith(watched.FAILED)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
