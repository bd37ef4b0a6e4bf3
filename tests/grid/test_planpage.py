"""A plan as a page of 80 columns."""

import re

import pytest

import pruning_jax as pj
from pruning_jax import screen
from pruning_jax.grid import planpage


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def digits():
    """The plan of the digits job with all of its controls."""
    return pj.plan(pj.config("digits"))


def test_the_sum_is_the_first_sentence(digits):
    first = " ".join(str(digits).split("\n\n")[0].split())
    assert re.fullmatch(
        r"306 cells \(algorithm, noise rate, seed\) take at most .+ on \d+ CPU devices?, and about "
        r"\d+ MB of files\.",
        first,
    )


def test_narrower_networks_share_a_row_and_nothing_is_cut(digits):
    page = str(digits)
    assert repr(digits) == page
    assert "…" not in page
    assert max(map(len, page.splitlines())) <= 80
    names = re.findall(r"^[a-z_*0-9]+(?=  )", page, re.M)
    assert len(names) == len({*names}) == 2 + 4 + 8  # two heads
    narrow = r"^extended_dense_width_\*_without_noisy +1 to 25 +9 widths, 0\.\d+ to 0\.\d+$"
    assert re.search(narrow, page, re.M)
    assert re.search(r"^without_random_\* +0 +3 rounds, 5 to 20$", page, re.M)
    assert re.search(r"^extended_dense +25 +100\s% +nothing is pruned", page, re.M)


def test_the_lowest_density_is_that_of_whole_weights(digits):
    """As in the report: 3 of 50,200 weights remain, although 0.8^43 of them would be 3.4."""
    assert digits.densities["lrr"][-1] * digits.weights_total == pytest.approx(3.42, abs=0.01)
    assert re.search(r"^lrr +at most 43 +0\.00598\s% +magnitude", str(digits), re.M)


def test_groups_are_listed_if_they_are_asked_for(digits):
    plain = screen.text(lambda console: planpage.show(digits, console))
    listed = screen.text(lambda console: planpage.show(digits, console, groups=True))
    assert "steps each" not in plain
    assert listed.startswith(plain)
    assert len(listed.splitlines()) == len(plain.splitlines()) + 3 + len(digits.groups)
    assert max(map(len, listed.splitlines())) <= 80


def test_what_has_no_cell_is_not_listed():
    """Without noise there are no noisy examples that an algorithm could do without."""
    config = pj.config("digits")
    config.grid.noise_rates = (0.0,)
    page = str(pj.plan(config))
    assert "extended_dense_width_*" in page
    assert "without_noisy" not in page
