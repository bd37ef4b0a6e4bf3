"""A part from the outside: its processes are started, watched, and ended in time.

A process may end in any way: by an exception, an abort of the runtime, for want of memory, or not
by itself at all. What it found until then is in the file of lines. Where one broke off in a row,
another goes on with the next row.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.parts.setting import PARTS, ROOT, Setting, said, say

DONE, FAILED, SKIPPED, BEGUN = "done", "failed", "skipped", "begun"

MOST_FAILURES = 3
"""After so many failures in succession what is left of a part would most likely fail, too."""


def run(part: str, setting: Setting, log: Path) -> dict[str, Any]:
    """What came of a part: its title, state and seconds, and its rows.

    Args:
      log: the file to which its processes print.
    """
    begin, first, reason = time.time(), 0, ""
    while True:
        reason = _process(part, first, setting, log)
        rows = rows_of(part, setting.lines)
        begun = [name for name, row in rows.items() if row["state"] == BEGUN]
        if not begun:
            break  # all is done, or it did not come as far as a row
        say(setting.lines, part=part, row=begun[0], failed=reason)
        rows = rows_of(part, setting.lines)
        first = list(rows).index(begun[0]) + 1
        if first == len(rows) or time.time() > setting.end:
            break
        if _hopeless(list(rows.values())[:first]):
            reason = f"{MOST_FAILURES} rows before it failed"
            break
    return result(part, rows, reason, time.time() - begin)


def result(
    part: str, rows: dict[str, dict[str, Any]], reason: str, seconds: float
) -> dict[str, Any]:
    """What came of a part; `reason` says why rows are left, or why there are none."""
    for row in rows.values():
        row["state"] = row["state"] or f"{SKIPPED}: {reason}"
    states = {row["state"].partition(":")[0] for row in rows.values()}
    if not rows:
        state = f"{FAILED if seconds and reason else SKIPPED}: {reason or 'it has no rows'}"
    elif FAILED in states:
        state = FAILED
    else:
        state = f"{DONE} in part" if states == {DONE, SKIPPED} else states.pop()
    return {
        "title": PARTS[part].title,
        "state": state,
        "seconds": round(seconds, 1),
        "rows": rows,
    }


def rows_of(part: str, lines: Path) -> dict[str, dict[str, Any]]:
    """The rows of a part: their states, "" for what is still to come, and their fields."""
    rows: dict[str, dict[str, Any]] = {}
    for line in said(lines):
        if line["part"] != part:
            continue
        for name in line.get("rows", ()):
            rows.setdefault(name, {"state": "", "fields": {}})
        if "row" in line:
            row = rows[line["row"]]
            row["fields"].update(line.get("fields", {}))
            for state in (BEGUN, DONE, FAILED, SKIPPED):
                if state in line:
                    why = line[state]
                    row["state"] = state if why is True else f"{state}: {why}"
    return rows


def _hopeless(rows: list[dict[str, Any]]) -> bool:
    """Whether the last rows all failed."""
    last = [row["state"].startswith(FAILED) for row in rows[-MOST_FAILURES:]]
    return len(last) == MOST_FAILURES and all(last)


def _process(part: str, first: int, setting: Setting, log: Path) -> str:
    """Runs a process from a row on; why it broke off, or ""."""
    size = "tiny" if setting.tiny else "full"
    given = [part, first, size, setting.folder, setting.end, setting.lines]
    command = [sys.executable, "-m", "benchmarks.parts.child", *map(str, given)]
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # so that what it starts can be ended with it
        )
        try:
            status = process.wait(max(0.0, setting.end - time.time()))
        except subprocess.TimeoutExpired:
            return "its time was over"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if status < 0:
        return f"it was ended by {signal.Signals(-status).name}"
    return _last_line(log, begin) if status else ""


def _last_line(log: Path, begin: int) -> str:
    """The last line that was printed since a place in the log, which is that of an exception."""
    with log.open("rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:300] if lines else "it said nothing"
