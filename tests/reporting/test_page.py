"""The page in a browser without a network: it is drawn, it obeys, it fits a phone."""

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import browser
import numpy as np
import processes
import pytest
import report_rows
from PIL import Image

from pruning_jax.analysis.settings import DEFAULTS
from pruning_jax.reporting import page as pages
from pruning_jax.reporting import write as writing

needs_browser = pytest.mark.skipif(not browser.CHROMIUM, reason="there is no chromium on PATH")


def write(folder, what):
    """A made-up run and its page, with the tables that a real run has."""
    done = writing.write(report_rows.workdir(folder, what))
    assert not done.missing


@pytest.fixture(scope="session")
def path(tmp_path_factory):
    """A page of a complete run."""
    make = lambda folder: write(folder, report_rows.experiment())  # noqa: E731
    return processes.once(tmp_path_factory, "page", make) / "report.html"


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """A page of a run whose names are markup."""
    what = report_rows.experiment(
        names=(report_rows.HOSTILE[0], "<!--<script>"), dataset=report_rows.HOSTILE[1]
    )
    return processes.once(tmp_path_factory, "hostile", lambda f: write(f, what)) / "report.html"


@pytest.fixture(scope="session")
def window(tmp_path_factory):
    """A browser that all tests of a worker share."""
    with browser.browse(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(window):
    """Its page, with nothing said yet."""
    window.said.clear()
    window.requests.clear()
    return window


def draw_all(page):
    """Draws also what is far from the window."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    every = "[...document.querySelectorAll('[data-frame]:not([hidden]) .plot')]"
    page.wait(f"{every}.length > 0 && {every}.every(p => p.querySelector('.main-svg'))")


VISIBLE = """
[...document.querySelectorAll('[data-frame]')].filter(p => p.getClientRects().length)
    .map(p => p.dataset.frame)
"""


def click(page, name, value):
    page.evaluate(
        f"document.querySelector(`input[name={name}][value=${{CSS.escape({value!r})}}]`).click()"
    )


# The file.


class Elements(HTMLParser):
    """The elements of a page, and the texts of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.scripts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append([dict(attrs), ""])

    def handle_data(self, data):
        if self.cdata_elem == "script":
            self.scripts[-1][1] += data


@pytest.mark.parametrize("name", ["path", "hostile"])
def test_the_file_needs_nothing_else_and_runs_two_scripts(name, request):
    text = request.getfixturevalue(name).read_text()
    elements = Elements(text)
    assert [attrs.get("type") for attrs, _ in elements.scripts] == ["application/json", None, None]
    for tag, attrs in elements.found:
        assert not attrs.keys() & {"src", "srcset", "data", "poster"}, (tag, attrs)
        assert not re.match(r"\w+:|//", attrs.get("href") or ""), (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
    policy = next(a["content"] for t, a in elements.found if t == "meta" and "http-equiv" in a)
    for _, code in elements.scripts[1:]:
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    json.loads(elements.scripts[0][1])


def test_the_file_links_only_to_files_of_the_run(path):
    linked = {a["href"] for t, a in Elements(path.read_text()).found if t == "a"}
    assert linked >= {"#verdicts", "#figures", "#tables", "#run"}
    files = {link for link in linked if not link.startswith("#")}
    assert {str(Path(link).parent) for link in files} == {"figures", "tables"}


def test_the_page_begins_with_the_verdicts_in_words(path):
    text = path.read_text()
    assert text.index('id="verdicts"') < text.index('id="figures"') < text.index('id="tables"')
    assert text.index('id="tables"') < text.index('id="run"')
    badges = re.findall(r'class="badge ([\w-]+)">([^<]*)<', text)
    assert len(badges) == 2 * 4 * 2 * 3  # an overview and sentences: claims x algorithms x rates
    assert all(kind == word.replace(" ", "-") for kind, word in badges)
    assert DEFAULTS.digest in text


def test_data_in_a_script_cannot_end_it():
    text = pages.data({"</script>": ["<!--<script>", "\u2028", "&amp;", 1.5, None]})
    assert not set("<>&") & set(text)
    assert json.loads(text) == {"</script>": ["<!--<script>", "\u2028", "&amp;", 1.5, None]}


# In a browser.


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("name", ["path", "hostile"])
def test_everything_is_drawn_without_a_word_or_a_request(page, name, request):
    path = request.getfixturevalue(name)
    page.open(path)
    draw_all(page)
    frames = page.evaluate("document.querySelectorAll('[data-frame]').length")
    assert frames == page.evaluate("document.querySelectorAll('.plot:has(.main-svg)').length")
    assert frames > 30
    assert not page.said
    assert {url.split(":")[0] for url in page.requests} <= {"file", "data", "blob"}
    assert [url for url in page.requests if url.startswith("file:")] == [f"file://{path}"]


@needs_browser
@pytest.mark.slow
def test_markup_in_names_is_text(page, hostile):
    page.open(hostile)
    draw_all(page)
    assert page.evaluate("document.querySelectorAll('img, iframe').length") == 0
    assert page.evaluate("document.scripts.length") == 3
    assert report_rows.HOSTILE[1] in page.evaluate("document.querySelector('h1').textContent")
    for name in (report_rows.HOSTILE[0], "<!--<script>"):
        labels = page.evaluate(
            "[...document.querySelectorAll('.controls label')].map(l => l.textContent.trim())"
        )
        assert name in labels
        hover = page.evaluate(
            "document.querySelector('#test_error .plot').data.map(t => String(t.hovertext)).join()"
        )
        assert name not in hover
        assert name.replace("<", "&lt;").replace(">", "&gt;") in hover
    assert not page.said


@needs_browser
@pytest.mark.slow
def test_the_choice_of_noise_rates_acts_on_all_figures(page, path):
    page.open(path)
    rates = json.loads(
        page.evaluate(
            "JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(document.getElementById("
            "'content').textContent)).map(([name, frame]) => [name, frame.rate])))"
        )
    )
    assert set(page.evaluate(VISIBLE)) == set(rates)
    click(page, "rate", "0")
    click(page, "rate", "0.2")
    assert set(page.evaluate(VISIBLE)) == {name for name, rate in rates.items() if rate == "0.4"}
    draw_all(page)
    click(page, "rate", "0.4")
    assert page.evaluate(VISIBLE) == []
    shown = "[...document.querySelectorAll('.nothing')].every(e => !e.hidden)"
    assert page.evaluate(shown)
    click(page, "rate", "0.2")
    draw_all(page)
    assert set(page.evaluate(VISIBLE)) == {name for name, rate in rates.items() if rate == "0.2"}
    lines = "[...document.querySelectorAll('tr[data-rate]')].filter(r => r.getClientRects().length)"
    assert set(page.evaluate(f"{lines}.map(r => r.dataset.rate)")) == {"0.2"}
    assert not page.said


@needs_browser
@pytest.mark.slow
def test_an_algorithm_that_is_not_chosen_is_hidden_everywhere(page, path):
    page.open(path)
    draw_all(page)
    traces = (
        "[...document.querySelectorAll('.plot')].flatMap(p => p.data.map((t, i) =>"
        " [JSON.parse(document.getElementById('content').textContent)"
        "[p.parentElement.dataset.frame].owners[i], t.visible !== false]))"
    )
    before = page.evaluate(traces)
    assert all(visible for _, visible in before)
    heats = "VISIBLE.filter(n => n.startsWith('subgroups')).length".replace(
        "VISIBLE", VISIBLE.strip()
    )
    assert page.evaluate(heats) == 9
    click(page, "algorithm", "random")
    after = page.evaluate(traces)
    assert {owner for owner, visible in after if not visible} == {"random"}
    assert {owner for owner, visible in after if visible} == {"", "lrr", "extended_dense"}
    assert page.evaluate(heats) == 6
    assert "random" not in page.evaluate("document.getElementById('shown').textContent")
    assert page.evaluate(
        "[...document.querySelectorAll('.legend li[data-algorithm=random]')].every(l => l.hidden)"
    )
    click(page, "algorithm", "random")
    assert page.evaluate(traces) == before
    assert not page.said


@needs_browser
@pytest.mark.slow
def test_hovering_shows_value_and_interval(page, path):
    page.open(path)
    page.evaluate("document.getElementById('test_error').scrollIntoView()")
    page.wait("!!document.querySelector('#test_error .plot .scatterlayer .point')")
    x, y = page.evaluate(
        "(() => { const p = document.querySelectorAll('#test_error .plot .scatterlayer .point')[5]"
        ".getBoundingClientRect(); return [p.x + p.width / 2, p.y + p.height / 2]; })()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.wait("!!document.querySelector('#test_error .hoverlayer text')")
    said = page.evaluate("document.querySelector('#test_error .hoverlayer').textContent")
    assert re.search(r"test error [\d.]+ % \[[\d.]+, [\d.]+\]density .*weights.*4 replicates", said)


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("name", ["path", "hostile"])
def test_a_phone_needs_no_sideways_scrolling(page, name, request):
    page.open(request.getfixturevalue(name), width=360, height=740)
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 360
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    draw_all(page)
    assert page.evaluate(width) <= 360
    boxes = "[...document.querySelectorAll('.scroll')]"
    assert page.evaluate(f"{boxes}.some(b => b.scrollWidth > b.clientWidth)")
    assert page.evaluate(f"{boxes}.every(b => b.getBoundingClientRect().right <= 360)")
    drags = "[...document.querySelectorAll('.plot')].every(p => p.layout.dragmode === false)"
    assert page.evaluate(drags)
    assert not page.said


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_a_screenshot_is_not_blank(page, path, width):
    page.open(path, width=width)
    page.evaluate("document.getElementById('subgroups').scrollIntoView()")
    page.wait("!!document.querySelector('#subgroups .plot image')")
    page.wait("document.querySelector('#subgroups .plot').getBoundingClientRect().height > 100")
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    assert pixels.shape == (900, width, 3)
    colours = {tuple(c) for c in pixels.reshape(-1, 3)}
    assert len(colours) > 200
    assert 0.05 < (pixels < 200).any(-1).mean() < 0.9  # ink, and paper
