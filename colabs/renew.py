"""Runs the notebooks from top to bottom and keeps what they print and draw.

  python colabs/renew.py                # all of them
  python colabs/renew.py quickstart     # one, or several

A notebook is run in an empty folder with the package of this clone, so that it finds nothing that
an earlier run has left. What differs from one run to the next, such as progress and times, is
removed. If `origin` is at GitHub, the notebooks get a badge that opens them in Colab, and their
first code cell the command that clones the project there.
"""

import argparse
import base64
import copy
import io
import os
import re
import subprocess
import tempfile
from pathlib import Path

import nbclient
import nbformat
from nbformat import NotebookNode, from_dict
from PIL import Image

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent

PROGRESS = "<progress"
"""What the bar has that a run draws."""

TIMED = re.compile(r"^about .+ for all of it.*\n", re.M)
"""The line that a run begins with: it says how long it will take on this machine."""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""That of every notebook; a kernel would write its version, too."""

COLAB = "https://colab.research.google.com"

BADGE = "[![Open this notebook in Colab]({colab}/assets/colab-badge.svg)]({colab}/{path})"

PLAIN = "Open this notebook in a clone of the project."

INSTALLS = """\
The next cell installs the project where it is not installed yet. It leaves the versions of jax \
and numpy that are there, because a running session, such as Colab's, depends on them."""

INSTALL = """\
# If pip says that this jax is too old: remove "-c /tmp/installed.txt", then restart the session.
import importlib.util

if importlib.util.find_spec("pruning_jax") is None:
    import sys
    from importlib.metadata import distributions
    from pathlib import Path

    {found}
    there = {{d.name: d.version for d in distributions() if d.name in ("jax", "jaxlib", "numpy")}}
    Path("/tmp/installed.txt").write_text("".join(f"{{n}}=={{v}}\\n" for n, v in there.items()))
    %pip install -q -c /tmp/installed.txt -e "{{root}}{extra}"
    sys.path.insert(0, str(root.resolve()))"""
"""The first code cell. An editable package is seen by a kernel that starts later, so that the one
that is running is told where the package is."""

EXTRAS = {"loss_landscape": "[hessian]"}
"""What a notebook needs beside the package."""

HERE = """\
above = (Path.cwd(), *Path.cwd().parents)
    root = next((f for f in above if (f / "pruning_jax/__init__.py").is_file()), Path("{name}"))"""

CLONED = """
    if not root.is_dir():
        !git clone -q https://github.com/{repository} {{root}}"""


def repository(url: str) -> str:
    """The owner and the name of a project at GitHub, by the address of a remote; else "".

    >>> repository("git@github.com:someone/pruning_jax.git")
    'someone/pruning_jax'
    >>> repository("https://example.org/someone/pruning_jax")
    ''
    """
    found = re.fullmatch(
        r"(?:https://|ssh://|git://)?(?:[^@/]+@)?github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?", url
    )
    return found[1] if found else ""


def origin(root: Path = ROOT) -> str:
    """The owner and the name of the project that this clone is of; "" if it is not at GitHub."""
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return repository(done.stdout.strip()) if done.returncode == 0 else ""


def addressed(notebook: NotebookNode, name: str, at: str) -> NotebookNode:
    """A notebook whose cells "open" and "install" fit the place of the project.

    Args:
      name: of the notebook, without its suffix.
      at: the owner and the name of the project at GitHub, or "".
    """
    new = copy.deepcopy(notebook)
    badge = BADGE.format(colab=COLAB, path=f"github/{at}/blob/main/colabs/{name}.ipynb")
    found = HERE.format(name=at.rpartition("/")[2] or ".")
    found += CLONED.format(repository=at) if at else ""
    sources = {
        "open": f"{badge if at else PLAIN}\n\n{INSTALLS}",
        "install": INSTALL.format(found=found, extra=EXTRAS.get(name, "")),
    }
    for cell in new.cells:
        cell.source = sources.get(cell.id, cell.source)
    return new


def executed(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """A notebook after it was run from top to bottom in a folder, in a kernel of its own.

    Raises:
      nbclient.exceptions.CellExecutionError: a cell raised an error.
    """
    new = copy.deepcopy(notebook)
    client = nbclient.NotebookClient(
        new,
        timeout=None,
        kernel_name=METADATA["kernelspec"]["name"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
    )
    # A backend that somebody has set for matplotlib would keep figures out of the notebook.
    own = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    client.execute(env={**own, "PYTHONPATH": str(ROOT)})
    return new


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """A notebook without what differs from one run to the next: progress, times, log lines.

    Its pictures have 256 colours, which takes a third of the room.
    """
    new = copy.deepcopy(notebook)
    new.metadata = from_dict(METADATA)
    for cell in new.cells:
        cell.metadata = from_dict({})
        if cell.cell_type == "code":
            cell.outputs = [o for o in map(_cleaned, cell.outputs) if _lasts(o)]
    return new


def _cleaned(output: NotebookNode) -> NotebookNode:
    """An output; what was printed is without times, and a picture is small."""
    new = copy.deepcopy(output)
    if new.output_type == "stream":
        new.text = TIMED.sub("", new.text)
    elif "image/png" in new.get("data", {}):
        new.data["image/png"] = _smaller(new.data["image/png"])
    return new


def _smaller(png: str) -> str:
    """A picture with 256 colours, in base64 as it is given; the same if it has no more already."""
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture, io.BytesIO() as file:
        if picture.mode == "P":
            return png
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(file, "PNG", optimize=True)
        return base64.b64encode(file.getvalue()).decode()


def _lasts(output: NotebookNode) -> bool:
    """Whether an output is no progress bar, no log line, and not empty."""
    if output.output_type == "stream":
        return output.name == "stdout" and bool(output.text)
    return PROGRESS not in output.get("data", {}).get("text/html", "")


def renew(path: Path) -> None:
    """Runs the notebook of a file and writes it again, with its outputs."""
    notebook = addressed(nbformat.read(path, as_version=4), path.stem, origin())
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(cleaned(executed(notebook, Path(folder))), path)


def main() -> None:
    """Renews the notebooks that are named; all if none is."""
    names = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    parser = argparse.ArgumentParser(description="Runs notebooks anew and keeps their outputs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    asked = parser.parse_args().names
    unknown = sorted({*asked} - {*names})
    if unknown:
        parser.error(f"{', '.join(unknown)}: there is no such notebook, but {', '.join(names)}")
    for name in asked or names:
        print(name, flush=True)
        renew(FOLDER / f"{name}.ipynb")


if __name__ == "__main__":
    main()
