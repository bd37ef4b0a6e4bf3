"""How often verdicts are false, and how often they find what is planted.

docs/verdicts.md has the whole table, which `python tests/support/planted.py` makes.
"""

import planted
import pytest
from planted import CASES
from scipy import stats

POWER = {
    **{("quiet null", 1): 0.5, ("quiet null", 3): 0.3, ("paper", 1): 0.95, ("paper", 2): 0.95},
    **{("paper", 3): 0.95, ("size", 1): 0.8, ("size", 4): 0.65, ("time", 1): 0.95},
    **{("time", 4): 0.65, ("both", 1): 0.95, ("both", 4): 0.65, ("both, 10 seeds", 4): 0.95},
    **{("regularises", 3): 0.9, ("trains", 2): 0.95},
    **{("worse", claim): 0.95 for claim in planted.CLAIMS},
}
"""The share of tables in which a verdict is found at the least, by case and claim."""


def cases():
    """The cases; those with 500 tables take some seconds each."""
    for name, case in CASES.items():
        slow = [pytest.mark.slow] if case.main or case.truth.seeds > 9 else []
        yield pytest.param(name, id=name, marks=slow)


@pytest.mark.parametrize("name", [*cases()])
def test_at_most_one_table_in_twenty_has_a_false_verdict(name):
    """One that states what was not planted, beyond what 500 (or 250) tables vary by chance."""
    case = CASES[name]
    tables = 500 if case.main else 250
    found = planted.rates(case.truth, tables)
    most = stats.binom.ppf(0.99, tables, 0.05) / tables
    wrong = planted.false(case.truth, found)
    assert max(wrong.values()) <= most, wrong
    for claim, verdict in case.finds.items():
        assert found[claim].get(verdict, 0) >= POWER.get((name, claim), 0), (claim, verdict)


def test_what_is_true_of_planted_effects_by_hand():
    """The statements that verdicts are held against."""
    true = {name: planted.statements(case.truth) for name, case in CASES.items()}
    none = {1: {"no gain"}, 2: {"contradicted"}, 3: {"contradicted"}, 4: {"no gain"}}
    assert true["null"] == true["worse"] == true["collapse"] == none
    assert all("supported" in of_claim for of_claim in true["paper"].values())
    assert true["size"][1] == true["size"][4] == {"contradicted"}
    assert (true["time"][1], true["time"][4]) == ({"supported"}, {"contradicted"})
    assert (true["both"][1], true["both"][4]) == ({"supported"}, {"supported"})
    assert true["edge"][1] == {"contradicted"}
    assert true["margin"][4] == true["short"][4] == set()
    assert true["clean only"][3] == true["gain only"][3] == {"contradicted"}
    assert true["edge of 3"][3] == {"supported"}
    assert true["edge of 2"][2] == {"supported"}
