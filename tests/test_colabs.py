"""The notebooks run, from the first code cell to the last."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

COLABS = sorted((Path(__file__).parents[1] / "colabs").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", COLABS, ids=lambda p: p.stem)
def test_a_notebook_runs(path, tmp_path):
    cells = json.loads(path.read_text())["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    script = "import matplotlib\nmatplotlib.use('Agg')\n" + "\n".join(
        source for source in code if not source.startswith("%")
    )
    script += f"\nplt.savefig({str(tmp_path / 'last.png')!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "last.png").stat().st_size > 5_000
