"""The process of one part of benchmarks/accelerator.py: it measures one row after the other.

  python -m benchmarks.parts.child PART FIRST TINY FOLDER END LINES

FIRST is the number of the row to begin with: a process that broke off is followed by one that
goes on with the next row. What is found is added to the file LINES.
"""

import importlib
import sys
import time
from pathlib import Path

from benchmarks.parts.setting import Setting, say


def main(part: str, first: str, tiny: str, folder: str, end: str, lines: str) -> None:
    setting = Setting(tiny == "tiny", Path(folder), float(end), Path(lines))
    rows = importlib.import_module(f"benchmarks.parts.{part}").rows(setting)
    say(setting.lines, part=part, rows=list(rows))
    longest = 0.0
    for name, measure in list(rows.items())[int(first) :]:
        begin = time.time()
        if begin + longest > setting.end:  # rows are alike: it would be ended on its way
            say(setting.lines, part=part, row=name, skipped="it would not fit")
            continue
        say(setting.lines, part=part, row=name, begun=True)
        for fields in measure():
            say(setting.lines, part=part, row=name, fields=fields)
        say(setting.lines, part=part, row=name, done=True)
        longest = max(longest, time.time() - begin)


if __name__ == "__main__":
    main(*sys.argv[1:])
