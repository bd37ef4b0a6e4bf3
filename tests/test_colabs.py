"""The notebooks: they run from top to bottom, and what they show is what is stored in them."""

import ast
import base64
import io
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from PIL import Image

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")

from colabs import renew  # noqa: E402  it needs both

COLABS = sorted(renew.FOLDER.glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", COLABS, ids=lambda path: path.stem)

LARGEST = 400_000
"""Bytes of a notebook: a code host shows one of this size at once."""


def read(path):
    return nbformat.read(path, as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(cell):
    """What a cell gives, in order: text that is printed, pictures, tables, ..."""
    data = [o.get("data", {}) for o in cell.outputs]
    return [
        o.output_type + "/png" * ("image/png" in d) for o, d in zip(cell.outputs, data, strict=True)
    ]


def shown(output):
    """The text of an output."""
    data = output.get("data", {})
    return output.get("text", "") + data.get("text/plain", "") + data.get("text/html", "")


@pytest.mark.slow
@EACH
def test_a_notebook_runs_and_gives_what_is_stored(path, tmp_path, monkeypatch):
    """In a real kernel and an empty folder. Numbers may differ from machine to machine."""
    monkeypatch.setenv("PYTHONWARNINGS", "")  # a kernel's own warnings are not errors of ours
    stored = read(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the client are no errors of ours, either
        found = renew.cleaned(renew.executed(stored, tmp_path))
    assert [kinds(cell) for cell in code_of(found)] == [kinds(cell) for cell in code_of(stored)]


@EACH
def test_a_stored_notebook_is_whole(path):
    """It was run once, in order, without errors, and is free of what differs from run to run."""
    notebook = read(path)
    nbformat.validate(notebook)
    cells = code_of(notebook)
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= 2
    assert renew.cleaned(notebook) == notebook
    for output in outputs:
        assert not re.search(r"/tmp/|/home/|/root/|Traceback", shown(output))
    assert path.stat().st_size < LARGEST


@EACH
def test_a_notebook_reads_as_a_text(path):
    """It has a title and sections, and before each picture a sentence that says what it is."""
    notebook = read(path)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("#")]
    assert notebook.cells[0].source.startswith("# ")
    assert [heading.startswith("# ") for heading in headings].count(True) == 1
    assert len(headings) >= 4
    for heading in headings:
        assert re.fullmatch(r"#{1,3} [A-Z0-9][\x20-\x7e]+", heading)
    for before, cell in zip(notebook.cells, notebook.cells[1:], strict=False):
        if any("image/png" in o.get("data", {}) for o in cell.get("outputs", [])):
            assert before.cell_type == "markdown", cell.id
            assert re.search(r"\w+ \w+ \w+[^.]*\.", before.source), cell.id


@EACH
def test_links_of_a_notebook_lead_somewhere(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)\s]+)\)", cell.source):
                if not re.match(r"https?://", target):
                    assert (path.parent / target.partition("#")[0]).exists(), target
            for name in re.findall(r"`(\w+)\.ipynb`", cell.source):
                assert path.with_stem(name).exists(), name


@EACH
def test_a_notebook_defines_nothing_but_plug_ins(path):
    """What others could use belongs in the package; a plug-in is written into a file."""
    for cell in code_of(read(path)):
        if not cell.source.startswith("%%writefile "):
            code = TransformerManager().transform_cell(cell.source)
            defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            assert not [node for node in ast.walk(ast.parse(code)) if isinstance(node, defined)]


@EACH
def test_a_notebook_can_be_opened_where_the_project_lies(path):
    """Its first cells are those that `renew` writes."""
    notebook = read(path)
    assert [cell.id for cell in notebook.cells[1:3]] == ["open", "install"]
    assert renew.addressed(notebook, path.stem, renew.origin()) == notebook


def test_a_place_at_github_is_known_by_its_address():
    for url in (
        "https://github.com/someone/pruning_jax",
        "https://github.com/someone/pruning_jax.git",
        "https://name:word@github.com/someone/pruning_jax/",
        "git@github.com:someone/pruning_jax.git",
        "ssh://git@github.com/someone/pruning_jax.git",
    ):
        assert renew.repository(url) == "someone/pruning_jax"
    for url in (
        "",
        "/srv/git/pruning_jax",
        "https://example.org/github.com/a/b",
        "git@host:a/b.git",
    ):
        assert renew.repository(url) == ""


def test_the_place_is_that_of_origin(tmp_path):
    assert renew.origin(tmp_path) == ""
    for command in (["init", "-q"], ["remote", "add", "origin", "git@github.com:a/b.git"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert renew.origin(tmp_path) == "a/b"


def test_a_project_at_github_has_a_badge_and_is_cloned():
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Title", id="title"),
            nbformat.v4.new_markdown_cell("", id="open"),
            nbformat.v4.new_code_cell("", id="install"),
        ]
    )
    _, badge, install = renew.addressed(notebook, "quickstart", "someone/mine").cells
    link = "https://colab.research.google.com/github/someone/mine/blob/main/colabs/quickstart.ipynb"
    assert f"]({link})" in badge.source
    assert "!git clone -q https://github.com/someone/mine {root}\n" in install.source
    assert 'Path("mine"))' in install.source
    _, plain, install = renew.addressed(notebook, "quickstart", "").cells
    assert "github" not in plain.source + install.source
    ast.parse(TransformerManager().transform_cell(install.source))
    assert notebook.cells[1].source == ""


def picture():
    """A picture with more colours than 256, in base64."""
    with io.BytesIO() as file:
        bands = [Image.radial_gradient("L").rotate(30 * k) for k in range(3)]
        Image.merge("RGB", bands).save(file, "PNG")
        return base64.b64encode(file.getvalue()).decode()


def test_what_differs_from_run_to_run_is_removed():
    output = nbformat.v4.new_output
    bar = {"text/plain": "12% done", "text/html": '<progress value="0.12"></progress>'}
    cell = nbformat.v4.new_code_cell(
        "run",
        metadata={"execution": {"iopub.status.busy": "2026-01-01"}},
        outputs=[
            output("stream", name="stdout", text="3 cells\nabout 9 s for all of it, of which\n"),
            output("stream", name="stdout", text="about 9 s for all of it, of which\n"),
            output("stream", name="stderr", text="a warning\n"),
            output("display_data", data=bar),
            output("display_data", data={"image/png": picture()}),
        ],
    )
    notebook = nbformat.v4.new_notebook(
        cells=[cell], metadata={"language_info": {"name": "python", "version": "3.9"}}
    )
    cleaned = renew.cleaned(notebook)
    text, image = cleaned.cells[0].outputs
    assert text.text == "3 cells\n"
    assert len(image.data["image/png"]) < len(picture())
    assert cleaned.cells[0].metadata == {}
    assert "version" not in cleaned.metadata.language_info
    assert renew.cleaned(cleaned) == cleaned
    assert len(notebook.cells[0].outputs) == 5


def test_a_name_that_there_is_not():
    command = [sys.executable, str(Path(renew.__file__)), "quickstrat"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "quickstrat: there is no such notebook" in done.stderr
