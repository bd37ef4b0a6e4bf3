"""One sentence for each claim, for readers who read no further: at most `MOST_WORDS` words."""

from collections.abc import Iterable

from pruning_jax.analysis.claims.verdicts import MOST_WORDS, NOT_ASKED, SUPPORTED, VERDICTS
from pruning_jax.reporting.claims import WEAK, sentence
from pruning_jax.reporting.tabular import Record
from pruning_jax.wording import listed, percent

Case = tuple[str, float]
"""An algorithm at a noise rate."""

WEAKLY = f"{SUPPORTED} ({WEAK})"
"""Stands for "supported" where the control is weak."""


def headline(claim: int, rows: Iterable[Record]) -> str:
    """What a run says of a claim, of all algorithms and noise rates together.

    The sentence names algorithms and noise rates; where this takes too many words, it counts them.

    Args:
      rows: the rows of claims.csv of this claim, one for each algorithm and noise rate.
    """
    verdicts = {(str(r["algorithm"]), float(r["noise_rate"])): _verdict(r) for r in rows}
    statement = sentence(claim)
    if not any(name for name, _ in verdicts):
        return f"{statement}: {NOT_ASKED}, because no algorithm prunes."
    order = [*dict.fromkeys([SUPPORTED, WEAKLY, *VERDICTS, *verdicts.values()])]
    cases = {v: [case for case, own in verdicts.items() if own == v] for v in order}
    known = {verdict: own for verdict, own in cases.items() if own}
    places = [_where(own, [*verdicts]) for own in known.values()]
    named = [f"{verdict} {listed(own)}" for verdict, own in zip(known, places, strict=True)]
    shortened = [*named[:-1], f"otherwise {[*known][-1]}"]
    counted = [f"{verdict} in {len(own)}" for verdict, own in known.items()]
    counted[-1] += f" of {len(verdicts)} cases"
    for parts in (shortened,) if len(places[-1]) > 1 else (named, shortened):
        said = f"{statement}: {listed(parts)}."
        if len(said.split()) <= MOST_WORDS:
            return said
    return f"{statement}: {listed(counted)}."


def _verdict(row: Record) -> str:
    """The verdict of a row, and that its control is weak."""
    return WEAKLY if row["weak_control"] else str(row["verdict"])


def _where(cases: list[Case], every: list[Case]) -> list[str]:
    """Some of all cases, as few groups of algorithms at noise rates."""
    at: dict[tuple[str, ...], list[float]] = {}
    for rate in sorted({rate for _, rate in cases}):
        at.setdefault(tuple(name for name, own in cases if own == rate), []).append(rate)
    of: dict[tuple[float, ...], list[str]] = {}
    for name in dict.fromkeys(name for name, _ in cases):
        of.setdefault(tuple(sorted(rate for own, rate in cases if own == name)), []).append(name)
    products = [(list(names), rates) for names, rates in at.items()]
    others = [(names, list(rates)) for rates, names in of.items()]
    fewest = min(products, others, key=len)
    return [_product(names, rates, every) for names, rates in fewest]


def _product(names: list[str], rates: list[float], every: list[Case]) -> str:
    """Some algorithms at some noise rates."""
    all_names, all_rates = ({case[i] for case in every} for i in (0, 1))
    whole = {*names} == all_names and len(names) > 1
    said = [] if whole else [f"for {listed(names)}"]
    if {*rates} != all_rates or len(rates) == 1:
        said.append(_noise(rates))
    elif whole:
        return "for every algorithm at every noise rate"
    return " ".join(said)


def _noise(rates: list[float]) -> str:
    """Noise rates.

    >>> _noise([0.0]), _noise([0.0, 0.2, 0.4]).replace("\\xa0", " ")
    ('without label noise', 'at 0 %, 20 % and 40 % label noise')
    """
    if rates == [0.0]:
        return "without label noise"
    return f"at {listed([percent(rate) for rate in rates])} label noise"
