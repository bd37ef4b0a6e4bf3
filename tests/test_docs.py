"""The documents: links lead somewhere, pages are complete, and they say what the code says.

`make docs` builds the site from the same files, and `make test` does that first. What is checked
here needs nothing to be built, but for the last test, which shows that the build can fail.
"""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ml_collections import ConfigDict

import pruning_jax as pj
from pruning_jax import testing
from pruning_jax.analysis.claims.verdicts import VERDICTS
from pruning_jax.reporting.claims import CLAIMS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = [*PAGES, *sorted(ROOT.glob("*.md"))]
SITE = (ROOT / "mkdocs.yml").read_text()


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def without_code(path: Path) -> str:
    """The text of a page without its blocks of code and its comments."""
    return re.sub(r"^```.*?^```$|<!--.*?-->", "", path.read_text(), flags=re.M | re.S)


def anchors(path: Path) -> set[str]:
    """The places in a page that a link can lead to: its headings, as code hosts call them."""
    headings = re.findall(r"^#+ (.+)$", without_code(path), re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def test_every_page_is_in_the_navigation():
    listed = re.findall(r"^ +- [^:]+: ([\w/]+\.md)$", SITE, re.M)
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


@pytest.mark.parametrize("path", TEXTS, ids=names(TEXTS))
def test_links_lead_somewhere(path):
    """A link of a page stays inside docs/, so that it works in the site and on a code host."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(path)):
        if re.match(r"https?://", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{target} does not exist"
        assert path not in PAGES or there.is_relative_to(DOCS), f"{target} leads out of docs/"
        if anchor and not anchor.startswith("pruning_jax"):  # those are made from docstrings
            assert anchor in anchors(there), f"{target}: there is no such heading"


def test_pictures_have_a_text_for_those_who_do_not_see_them():
    for path in TEXTS:
        for text in re.findall(r"!\[(.*?)\]", without_code(path)):
            assert len(text.split()) >= 20, f"{path.name}: {text!r} names a picture only"


@pytest.mark.parametrize("path", TEXTS, ids=names(TEXTS))
def test_every_column_of_a_table_has_a_heading(path):
    for heading in re.findall(r"^(\|.*\|)\n\|[ :|-]+\|$", without_code(path), re.M):
        assert all(cell.strip() for cell in heading.strip("|").split("|")), heading


def test_a_page_has_one_name_in_the_navigation_and_as_its_title():
    for name, page in re.findall(r"^ +- ([^:]+): ([\w/]+\.md)$", SITE, re.M):
        assert (DOCS / page).read_text().startswith(f"# {name}\n"), page


@pytest.mark.parametrize("page", ["README.md", "docs/verdicts.md", "docs/glossary.md"])
def test_a_claim_has_the_same_words_everywhere(page):
    text = (ROOT / page).read_text()
    for number, claim in CLAIMS.items():
        assert f"\n{number}. **{claim.name}**: {claim.sentence}." in text
    notebook = (ROOT / "colabs" / "quickstart.ipynb").read_text()
    assert all(f"**{claim.name}**: {claim.sentence}." in notebook for claim in CLAIMS.values())


def test_the_page_of_verdicts_explains_every_verdict():
    page = (DOCS / "verdicts.md").read_text()
    assert re.findall(r"^\| \*([a-z ]+)\* \|", page, re.M) == [*VERDICTS]


def test_the_page_of_explorations_has_them_in_the_order_of_its_table():
    page = (DOCS / "explore.md").read_text()
    listed = re.findall(r"^\| \[(\w+)\]\(#", page, re.M)
    assert [name.lower() for name in re.findall(r"^## (\w+)$", page, re.M)] == listed


def documented() -> set[str]:
    """The full names of what the pages of the API show."""
    found = set()
    for page in (DOCS / "api").glob("*.md"):
        for block in re.split(r"^::: ", page.read_text(), flags=re.M)[1:]:
            name = block.split(maxsplit=1)[0]
            members = re.search(r"members: \[(.*)\]", block)
            found |= (
                {name} | {f"{name}.{one}" for one in members[1].split(", ")} if members else {name}
            )
    return found


def test_everything_that_is_public_is_in_the_api():
    shown = documented()
    assert {f"pruning_jax.{name}" for name in pj.__all__} <= shown
    assert "pruning_jax.testing" in shown  # without a choice of members: its `__all__`
    for page in (*PAGES, ROOT / "README.md"):
        for module, imported in re.findall(
            r"^from (pruning_jax[\w.]*) import (.+)$", page.read_text(), re.M
        ):
            for name in re.findall(r"\w+", imported):
                known = name in testing.__all__ or f"{module}.{name}" in shown
                assert known, f"{page.name} uses {module}.{name}, which the API does not show"


def test_the_api_shows_functions_and_not_the_modules_of_their_names():
    griffe = pytest.importorskip("griffe", reason="it comes with the extra [docs]")
    ours = griffe.load_extensions(str(DOCS / "comments.py"))
    package = griffe.load("pruning_jax", search_paths=[ROOT], extensions=ours)
    for name in pj.__all__:
        assert not package[name].is_module, name
    assert package["run"].is_function
    assert package["experiment.recipe.Recipe"]["width"].docstring.value.startswith("Multiplies")


def settings(config: ConfigDict, above: str = "") -> dict[str, object]:
    """Every setting of a configuration with its value, by its full name."""
    found = {}
    for name, value in config.items():
        nested = isinstance(value, ConfigDict)
        found |= settings(value, f"{above}{name}.") if nested else {f"{above}{name}": value}
    return found


def test_the_page_of_settings_has_every_setting_with_its_default():
    config = pj.defaults()
    own = config.algorithms.lrr  # what is unset there is a setting of all algorithms
    of_all = {name: value for name, value in settings(config).items() if "algorithms." not in name}
    of_one = {
        f"algorithms.<name>.{n}": value
        for n, value in own.items()
        if n not in config or n == "width"
    }
    of_all["grid.algorithms"] = config.grid.algorithms
    page = (DOCS / "settings.md").read_text()
    rows = re.findall(r"^\| `([\w.<>]+)` \| `([^`]*)` \| .+ \|$", page, re.M)
    assert {name: ast.literal_eval(value) for name, value in rows} == of_all | of_one


def test_the_page_of_commands_has_every_flag():
    page = (DOCS / "api" / "commands.md").read_text()
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.M | re.S))
    commands = {
        p.stem for p in Path(pj.__file__).parent.glob("*.py") if "    cli.start(" in p.read_text()
    }
    assert {*sections} == commands
    for name, section in sections.items():
        code = (Path(pj.__file__).parent / f"{name}.py").read_text()
        flags = {*re.findall(r"DEFINE_\w+\(\s*\"(\w+)\"", code)}
        flags |= {"config"} if "define_config()" in code else set()
        told = {
            flag
            for row in re.findall(r"^\| (`--.+?) \|", section, re.M)
            for flag in re.findall(r"--(\w+)", row)
        }
        assert told == flags, name


def test_the_citation_is_of_this_version():
    """What the format Citation File Format 1.2.0 asks for, and what must agree with the code."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "title", "message", "authors"} <= {*citation}
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == pj.__version__
    assert "2210.13738" in str(citation["references"])


BROKEN = {
    "[there](nowhere.md)": "nowhere.md",
    "[there](index.md#nowhere)": "#nowhere",
    "::: pruning_jax.vanished": "pruning_jax.vanished",
}


@pytest.mark.slow
@pytest.mark.parametrize("broken", BROKEN)
def test_the_build_fails(broken, tmp_path):
    """For a link that leads nowhere, a heading that is gone, and a name that is gone."""
    if not importlib.util.find_spec("mkdocs"):
        pytest.skip("MkDocs is not installed: pip install -e '.[docs]'")
    pages = tmp_path / "docs"
    pages.mkdir()
    (pages / "index.md").write_text(f"# A page\n\n{broken}\n")
    config, _, _ = SITE.partition("\nnav:")
    config = config.replace("paths: [.]", f"paths: [{ROOT}]")
    config = config.replace("docs/comments.py", str(DOCS / "comments.py"))
    config = re.sub(r"^(extra_css|  favicon): .*\n", "", config, flags=re.M)
    (tmp_path / "mkdocs.yml").write_text(config)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"],
        cwd=tmp_path,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert BROKEN[broken] in done.stderr
