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

from pruning_jax.analysis.claims.verdicts import MOST_WORDS
from pruning_jax.analysis.settings import DEFAULTS
from pruning_jax.reporting import interactive
from pruning_jax.reporting import write as writing
from pruning_jax.reporting.packed import library, packed, packed_library, unpacked

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


def show(page, path, **how):
    """Opens a page and waits until its first figure is drawn."""
    page.open(path, **how)
    page.wait("!!document.querySelector('#test_error [data-drawn]')")


def draw_all(page):
    """Opens what is folded away, and draws also what is far from the window."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    every = "[...document.querySelectorAll('[data-frame]:not([hidden])')]"
    page.wait(f"{every}.length > 0 && {every}.every(f => f.dataset.drawn)")


VISIBLE = """
[...document.querySelectorAll('[data-frame]')].filter(p => p.getClientRects().length)
    .map(p => p.dataset.frame)
"""

PLOTS = "[...Bokeh.index].filter(view => view.model.type === 'Plot')"

RENDERERS = (
    f"{PLOTS}"
    """
.flatMap(view => view.model.renderers.flatMap(one => one.name === 'target'
    ? one.tags.map((owner, i) => [owner, !one.view.filter.booleans || one.view.filter.booleans[i]])
    : one.tags.map(owner => [owner, one.visible])))
"""
)
"""The owner of everything that is drawn, and whether it is shown."""

TOOLTIPS = """
(() => {
  const found = [];
  const walk = (root) => {
    for (const one of root.querySelectorAll('*')) {
      const seen = one.className === 'bk-tooltip-content' && one.getClientRects().length;
      if (seen) found.push(one.textContent);
      if (one.shadowRoot) walk(one.shadowRoot);
    }
  };
  walk(document);
  return found;
})()
"""

FIRST = f"{PLOTS}.find(view => document.querySelector('#test_error .plot').contains(view.el))"

POINT = (
    f"(view => {{ const {{ x, y }} = view.el.getBoundingClientRect();"
    """
  const target = view.model.renderers.find(one => one.name === 'target');
  const at = (name, scale) => scale.compute(target.data_source.get(name)[5]);
  return [x + at('x', view.frame.x_scale), y + at('y', view.frame.y_scale)];
})"""
    f"({FIRST})"
)
"""Where a point of the first figure is in the window."""


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


def policy(elements):
    """The rule for browsers."""
    return next(a["content"] for t, a in elements.found if t == "meta" and "http-equiv" in a)


def digest(code):
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["path", "hostile"])
def test_the_file_needs_nothing_else_and_runs_two_scripts(name, request):
    """One that it says, and one that this unpacks: the policy has the sums of both and no more."""
    text = request.getfixturevalue(name).read_text()
    elements = Elements(text)
    types = [attrs.get("type") for attrs, _ in elements.scripts]
    assert types == ["text/plain", "text/plain", None]
    for tag, attrs in elements.found:
        assert not attrs.keys() & {"srcset", "data", "poster"}, (tag, attrs)
        assert re.match(r"data:image/png;base64,|$", attrs.get("src") or ""), (tag, attrs)
        assert not re.match(r"\w+:|//", attrs.get("href") or ""), (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
    content, packed_script, code = (code for _, code in elements.scripts)
    assert policy(elements) == (
        f"default-src 'none'; script-src {digest(unpacked(packed_script))} {digest(code)}; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    assert unpacked(packed_script) == library()
    assert {*json.loads(unpacked(content))} == {"frames", "dark"}


def test_the_page_is_small(path):
    """With Plotly it was 5 to 7 MB; docs/report.md has the sizes of real runs."""
    assert path.stat().st_size < 2_000_000


def test_the_file_links_only_to_files_of_the_run(path):
    linked = {a["href"] for t, a in Elements(path.read_text()).found if t == "a"}
    assert linked >= {"#verdicts", "#figures", "#tables", "#run", "#claim-1"}
    files = {link for link in linked if not link.startswith("#")}
    assert {str(Path(link).parent) for link in files} == {"figures", "tables"}


def test_every_link_inside_leads_somewhere(path):
    found = Elements(path.read_text()).found
    ids = [a["id"] for _, a in found if "id" in a]
    assert len(ids) == len({*ids})
    assert {a["href"][1:] for t, a in found if t == "a" and a["href"].startswith("#")} <= {*ids}


def test_the_page_begins_with_the_answer(path):
    text = path.read_text()
    order = ['class="headlines"', 'class="overview"', 'id="test_error"', 'id="verdicts"']
    order += ['id="figures"', 'id="tables"', 'id="run"']
    places = [text.index(one) for one in order]
    assert places == sorted(places)
    headlines = re.findall(r"<li><strong>(.*?)</li>", text)
    assert len(headlines) == 4
    for line in headlines:
        assert len(re.sub(r"<.*?>", "", line).split()) <= MOST_WORDS
    badges = re.findall(r'class="badge ([\w-]+)">([^<]*)<', text)
    assert len(badges) == 2 * 4 * 2 * 3  # an overview and numbers: claims x algorithms x rates
    assert all(kind == word.replace(" ", "-") for kind, word in badges)
    assert DEFAULTS.digest in text


def test_the_numbers_stand_beside_the_sentences(path):
    rows = re.findall(r'<tr role="row"><th role="rowheader".*?</tr>', path.read_text())
    assert len(rows) == 4 * 2 * 3
    for row in rows:
        (sentence,) = re.findall(r'class="sentence">(.*?)</td>', row)
        assert len(sentence.split()) <= MOST_WORDS
        assert ('data-label="effect"' in row) != ("nothing was measured" in row)


def test_everything_but_the_answer_folds_out(path):
    text = path.read_text()
    rest = text[text.index('<section id="verdicts"') :]
    for tag in ("table", "figure", "dl", "pre"):
        for found in re.finditer(rf"<{tag}[ >]", rest):
            before = rest[: found.start()]
            assert before.count("<details") > before.count("</details"), (tag, before[-200:])
    assert "<details open" not in text


def test_tables_have_headers_and_figures_are_described(path):
    found = Elements(path.read_text()).found
    headers = [attrs for tag, attrs in found if tag == "th"]
    assert {attrs.get("scope") for attrs in headers} == {"col", "row", "rowgroup"}
    images = [attrs for _, attrs in found if attrs.get("role") == "img"]
    assert len(images) > 30
    for attrs in images:
        assert len(re.findall(r"\d", attrs["aria-label"])) > 3
    assert len({attrs["aria-label"] for attrs in images}) == len(images)
    for tag, attrs in found:
        assert tag != "img" or len(attrs["alt"]) > 100
        assert "tabindex" not in attrs or attrs["aria-label"]


# In a browser.


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("name", ["path", "hostile"])
def test_everything_is_drawn_without_a_word_or_a_request(page, name, request):
    path = request.getfixturevalue(name)
    show(page, path)
    draw_all(page)
    frames = page.evaluate("document.querySelectorAll('[data-frame]').length")
    assert frames == page.evaluate(f"{PLOTS}.length")
    assert frames > 30
    assert not page.said
    assert {url.split(":")[0] for url in page.requests} <= {"file", "data", "blob"}
    assert [url for url in page.requests if url.startswith("file:")] == [f"file://{path}"]


@needs_browser
@pytest.mark.slow
def test_a_script_that_was_changed_is_not_run(page, path, tmp_path):
    """Whoever changes what is unpacked gains nothing: the browser compares its sum."""
    other = path.read_text().replace(packed_library(), packed(library() + "window.evil = 1;"))
    (tmp_path / "other.html").write_text(other)
    page.open(tmp_path / "other.html")
    page.wait("document.scripts.length === 4")
    assert page.evaluate("window.evil === undefined && window.Bokeh === undefined")
    assert any("Content Security Policy" in said for said in page.said)
    assert not page.evaluate("document.documentElement.classList.contains('live')")
    assert page.evaluate("document.querySelector('img.static').getClientRects().length") == 1


@needs_browser
@pytest.mark.slow
def test_markup_in_names_is_text(page, hostile):
    show(page, hostile)
    draw_all(page)
    assert page.evaluate("document.querySelectorAll('img:not(.static), iframe').length") == 0
    assert page.evaluate("document.scripts.length") == 4
    assert report_rows.HOSTILE[1] in page.evaluate("document.querySelector('h1').textContent")
    names = page.evaluate(
        "[...document.querySelectorAll('.controls label')].map(l => l.textContent.trim())"
    )
    assert {report_rows.HOSTILE[0], "<!--<script>"} < {*names}
    x, y = hovered(page)
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.wait(f"{TOOLTIPS}.length > 0")
    assert report_rows.HOSTILE[0] in page.evaluate(TOOLTIPS)[0]
    assert not page.said


@needs_browser
@pytest.mark.slow
def test_the_choice_of_noise_rates_acts_on_all_figures(page, path):
    show(page, path)
    draw_all(page)
    rates = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-frame]')]"
        ".map(f => [f.dataset.frame, f.dataset.rate]))"
    )
    assert {*rates.values()} == {"0", "0.2", "0.4"}
    assert set(page.evaluate(VISIBLE)) == set(rates)
    click(page, "rate", "0")
    click(page, "rate", "0.2")
    assert set(page.evaluate(VISIBLE)) == {name for name, rate in rates.items() if rate == "0.4"}
    click(page, "rate", "0.4")
    assert page.evaluate(VISIBLE) == []
    shown = "[...document.querySelectorAll('.nothing')].every(e => !e.hidden)"
    assert page.evaluate(shown)
    click(page, "rate", "0.2")
    assert set(page.evaluate(VISIBLE)) == {name for name, rate in rates.items() if rate == "0.2"}
    lines = "[...document.querySelectorAll('tr[data-rate]')].filter(r => r.getClientRects().length)"
    assert set(page.evaluate(f"{lines}.map(r => r.dataset.rate)")) == {"0.2"}
    assert not page.said


@needs_browser
@pytest.mark.slow
def test_an_algorithm_that_is_not_chosen_is_hidden_everywhere(page, path):
    show(page, path)
    draw_all(page)
    before = page.evaluate(RENDERERS)
    assert all(visible for _, visible in before)
    heats = f"{VISIBLE.strip()}.filter(n => n.startsWith('subgroups')).length"
    assert page.evaluate(heats) == 9
    click(page, "algorithm", "random")
    page.wait(f"{RENDERERS}.some(([_, visible]) => !visible)")
    after = page.evaluate(RENDERERS)
    assert {owner for owner, visible in after if not visible} == {"random"}
    assert {owner for owner, visible in after if visible} == {"", "lrr", "extended_dense"}
    assert page.evaluate(heats) == 6
    assert "random" not in page.evaluate("document.getElementById('shown').textContent")
    assert page.evaluate(
        "[...document.querySelectorAll('.legend li[data-algorithm=random]')].every(l => l.hidden)"
    )
    click(page, "algorithm", "random")
    page.wait(f"{RENDERERS}.every(([_, visible]) => visible)")
    assert page.evaluate(RENDERERS) == before
    assert not page.said


def hovered(page):
    """Where a point of the first figure is, once this is in the window."""
    page.evaluate("document.querySelector('#test_error .plot').scrollIntoView({block: 'center'})")
    page.wait("document.querySelector('#test_error .plot').getBoundingClientRect().top > 0")
    return page.evaluate(POINT)


SAID = r"test error [\d.]+ % \[[\d.]+, [\d.]+\]\s*density .*weights.*\s.*4 replicates"


@needs_browser
@pytest.mark.slow
def test_hovering_shows_value_and_interval_of_one_point(page, path):
    show(page, path)
    x, y = hovered(page)
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.wait(f"{TOOLTIPS}.length > 0")
    (said,) = page.evaluate(TOOLTIPS)
    assert re.search(SAID, said)


@needs_browser
@pytest.mark.slow
def test_a_finger_shows_the_same_and_zooms_nothing(page, path):
    show(page, path, width=390, height=844)
    x, y = hovered(page)
    page.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    page.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    page.wait(f"{TOOLTIPS}.length > 0")
    (said,) = page.evaluate(TOOLTIPS)
    assert re.search(SAID, said)
    assert page.evaluate(f"{PLOTS}.every(v => v.model.toolbar.active_drag === null)")


@needs_browser
@pytest.mark.slow
def test_a_mouse_zooms_and_two_clicks_go_back(page, path):
    show(page, path)
    hovered(page)
    left, top, width, height = page.evaluate(
        "(r => [r.x, r.y, r.width, r.height])"
        "(document.querySelector('#test_error .plot').getBoundingClientRect())"
    )
    ends = f"(range => [range.start, range.end])({FIRST}.model.x_range)"
    before = page.evaluate(ends)

    def mouse(kind, share, **more):
        page.call(
            "Input.dispatchMouseEvent",
            **{"type": kind, "x": left + share * width, "y": top + share * height, **more},
        )

    mouse("mousePressed", 0.3, button="left", buttons=1, clickCount=1)
    for share in (0.4, 0.5, 0.6):
        mouse("mouseMoved", share, button="left", buttons=1)
    mouse("mouseReleased", 0.6, button="left", clickCount=1)
    page.wait(f"{ends}[0] < {before[0]} && {ends}[1] > {before[1]}")
    for count in (1, 2):
        mouse("mousePressed", 0.5, button="left", buttons=1, clickCount=count)
        mouse("mouseReleased", 0.5, button="left", clickCount=count)
    page.wait(f"{ends}[0] === {before[0]}")


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("name", ["path", "hostile"])
@pytest.mark.parametrize("width", [360, 390])
def test_a_phone_needs_no_sideways_scrolling(page, name, width, request):
    show(page, request.getfixturevalue(name), width=width, height=844)
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= width
    draw_all(page)
    assert page.evaluate(wide) <= width
    boxes = "[...document.querySelectorAll('.scroll')]"
    assert page.evaluate(f"{boxes}.some(b => b.scrollWidth > b.clientWidth)")
    assert page.evaluate(f"{boxes}.every(b => b.getBoundingClientRect().right <= {width})")
    for words in (".overview .badge", ".overview th", ".numbers td", ".numbers th[scope=row]"):
        every = f"[...document.querySelectorAll('{words}')]"
        assert page.evaluate(f"{every}.length") > 4
        assert page.evaluate(f"{every}.every(e => e.scrollWidth <= e.clientWidth + 1)"), words
    assert not page.said


@needs_browser
@pytest.mark.slow
def test_the_first_screen_has_the_answer(page, path):
    show(page, path, width=1280, height=900)
    for words in (".headlines li:last-child", "#test_error .plot"):
        assert page.evaluate(
            f"document.querySelector('{words}').getBoundingClientRect().top < 900"
        ), words
    bottom = "document.querySelector('.overview table').getBoundingClientRect().bottom"
    assert page.evaluate(f"{bottom} < 900")


@needs_browser
@pytest.mark.slow
def test_links_open_what_is_folded_away(page, path):
    page.open(f"{path}#claim_training")
    page.wait("document.getElementById('claim_training').open")
    page.wait("!!document.querySelector('#claim_training [data-drawn]')")
    assert page.evaluate("document.querySelectorAll('details.fold[open]').length") == 1
    page.evaluate("document.querySelector('.overview a[href=\"#claim-3\"]').click()")
    page.wait("document.getElementById('claim-3').open")
    page.evaluate("document.getElementById('claim-3').open = false")
    page.evaluate("document.querySelector('.overview a[href=\"#claim-3\"]').click()")
    page.wait("document.getElementById('claim-3').open")
    page.evaluate("document.getElementById('unfold').click()")
    assert page.evaluate("[...document.querySelectorAll('details.fold')].every(d => d.open)")
    page.evaluate("document.getElementById('unfold').click()")
    assert page.evaluate("[...document.querySelectorAll('details.fold')].every(d => !d.open)")


@needs_browser
@pytest.mark.slow
def test_what_is_folded_away_is_printed(page, path):
    show(page, path)
    page.evaluate("window.print = () => { window.printed = true; }")
    page.evaluate("document.getElementById('print').click()")
    page.wait("window.printed")
    assert page.evaluate("document.querySelectorAll('[data-frame]:not([data-drawn])').length") == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(path)
        printed = base64.b64decode(page.call("Page.printToPDF")["data"])
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert printed.count(b"/Type /Page\n") > 8  # what is seen of it without scripts has two


@needs_browser
@pytest.mark.slow
def test_without_scripts_the_answer_and_the_tables_are_there(page, path):
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(path)
        seen = "(e => e.getClientRects().length && getComputedStyle(e).visibility === 'visible')"
        for words in (".headlines", ".overview table", "img.static", "#figures", "#tables"):
            assert page.evaluate(f"!!{seen}(document.querySelector('{words}'))"), words
        assert page.evaluate("document.querySelector('img.static').naturalWidth") > 500
        assert page.evaluate("document.querySelector('.controls').getClientRects().length") == 0
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        for words in (".numbers table", ".scroll table", "#claim_size .files a"):
            assert page.evaluate(f"!!{seen}(document.querySelector('{words}'))"), words
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)


def brightness(page):
    """That of the whole window and of the pixel in its corner."""
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"))
    return pixels.mean(), pixels[0, 0]


@needs_browser
@pytest.mark.slow
def test_a_dark_page_is_dark_and_changes_while_it_is_open(page, path):
    show(page, path)
    hovered(page)
    assert brightness(page)[1] == 255
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.call("Emulation.setEmulatedMedia", features=features)
    try:
        colour = f"{FIRST}?.model.below[0].major_label_text_color"
        page.wait(f"{colour} === {interactive.DARK[interactive.INK]!r}")
        mean, corner = brightness(page)
        assert mean < 80
        assert corner < 40
    finally:
        page.call("Emulation.setEmulatedMedia", features=[])
    assert not page.said


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_a_screenshot_is_not_blank(page, path, width):
    show(page, path, width=width)
    page.evaluate("location.hash = '#subgroups'")
    page.wait("!!document.querySelector('#subgroups [data-drawn]')")
    page.evaluate("new Promise(d => requestAnimationFrame(() => setTimeout(d, 300)))")
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    assert pixels.shape == (900, width, 3)
    colours = {tuple(c) for c in pixels.reshape(-1, 3)}
    assert len(colours) > 200
    assert 0.05 < (pixels < 200).any(-1).mean() < 0.9  # ink, and paper


# Several runs.


@pytest.fixture(scope="session")
def compared(path, tmp_path_factory):
    """A page that compares two runs."""

    def make(folder):
        other = report_rows.experiment(names=("random",), rates=(0.2, 0.4))
        runs = [path.parent, report_rows.workdir(folder / "random", other)]
        assert not writing.write(runs, out=folder / "both").missing

    return processes.once(tmp_path_factory, "compared", make) / "both" / "report.html"


@needs_browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_verdicts_of_two_runs_stand_side_by_side_where_there_is_room(page, compared, width):
    page.open(compared, width=width)
    page.wait("document.documentElement.classList.contains('live')")
    draw_all(page)
    for words in (".run", "#claim-1 .numbers"):
        boxes = page.evaluate(
            f"[...document.querySelectorAll('{words}')].map(e => e.getBoundingClientRect())"
            ".map(r => [r.left, r.top, r.right])"
        )
        (one, other) = boxes
        assert (one[1] == other[1] and one[2] <= other[0]) == (width == 1280)
        assert (one[0] == other[0] and one[1] < other[1]) == (width == 390)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    owners = {owner for owner, _ in page.evaluate(RENDERERS)}
    assert owners > {"page: lrr", "page: random", "random: random"}
    click(page, "algorithm", "page: random")
    page.wait(f"{RENDERERS}.some(([_, visible]) => !visible)")
    assert {o for o, visible in page.evaluate(RENDERERS) if not visible} == {"page: random"}
    assert not page.said
