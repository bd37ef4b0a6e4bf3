"""Tables for readers."""

import math

import pandas as pd
import pytest

from pruning_jax.reporting import listing
from pruning_jax.reporting.listing import LAYOUTS


def test_every_layout_is_of_a_table_and_its_columns_exist(tables):
    assert set(LAYOUTS) <= set(tables)
    for name, layout in LAYOUTS.items():
        made = listing.listing(name, tables[name])
        assert len(made.headings) == len(layout.columns)
        known = {*tables[name].columns, *tables[name].get("measure", pd.Series(dtype=str))}
        assert {column.name for column in layout.columns} <= known, name
        assert bool(made.lines) != bool(made.missing)
        assert layout.caption.endswith(".")
        assert layout.missing.endswith(".")


def test_numbers_are_rounded_and_intervals_stand_in_brackets(tables):
    row = tables["optimum"].iloc[0]
    cells = listing.listing("optimum", tables["optimum"]).lines[0].cells
    low, high = 100 * row["low"], 100 * row["high"]
    assert cells[4] == f"{100 * row['test_accuracy']:.2f} [{low:.2f}, {high:.2f}]"
    assert cells[0] == row["algorithm"]


def test_effects_of_factors_have_one_line_for_all_measures(tables):
    table = tables["factor_effects"]
    lines = listing.listing("factor_effects", table).lines
    assert len(lines) == len(table.groupby(["noise_rate", "density", "factor"]))
    noisy = table.query("noise_rate == 0.4 and factor == 'time' and measure == 'degradation'")
    line = next(one for one in lines if one.rate == "0.4" and one.cells[2] == "time")
    assert line.cells[4].startswith(listing.POINTS(noisy["effect"].item()))


def test_an_empty_table_says_why(tables):
    for name, layout in LAYOUTS.items():
        assert listing.listing(name, tables[name].iloc[:0]).missing == layout.missing


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_a_dash(value):
    assert listing.number(2)(value) == listing.significant(value) == "\N{EN DASH}"


def test_a_table_of_the_users_own_is_shown_as_it_is():
    table = pd.DataFrame(
        {
            **{"algorithm": ["lrr", "random"], "noise_rate": [0.0, 0.2], "count": [3, 4]},
            **{"slope": [-0.123456, math.nan], "what": [None, ["<b>"]]},
        }
    )
    made = listing.plain("slopes", table)
    assert made.headings == ("algorithm", "noise_rate", "count", "slope", "what")
    assert made.lines[0].cells == ("lrr", "0", "3", "\N{MINUS SIGN}0.123", "None")
    assert made.lines[1].cells == ("random", "0.2", "4", "\N{EN DASH}", "['<b>']")
    assert (made.lines[1].rate, made.lines[1].algorithm) == ("0.2", "random")
    assert not made.missing


def test_of_a_long_table_the_first_rows_are_shown():
    made = listing.plain("long", pd.DataFrame({"x": range(1000)}))
    assert len(made.lines) == listing.MOST_LINES
    assert "It has 1,000 rows; these are the first 200, its file has all." in made.caption
    assert listing.plain("none", pd.DataFrame({"x": []})).missing
