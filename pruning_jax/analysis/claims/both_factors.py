"""Claim 4: training time and size together."""

from typing import NamedTuple

import numpy as np

from pruning_jax.analysis import factors
from pruning_jax.analysis.claims import verdicts
from pruning_jax.analysis.claims.selection import take
from pruning_jax.analysis.claims.verdicts import Verdict
from pruning_jax.analysis.factors import Design
from pruning_jax.analysis.measurements import Slice, mean
from pruning_jax.analysis.settings import Settings
from pruning_jax.analysis.statistics import Estimate, holm


class Part(NamedTuple):
    """One of the three: an effect that should be above a limit."""

    effect: Estimate
    p: float  # two-sided, of an effect at the limit below which it contradicts
    holds: bool
    opposite: bool  # beyond that limit on the other side, before a correction


def claim(part: Slice, pruned: str, settings: Settings) -> Verdict:
    """(a) extended time lowers the log training loss, averaged over both sizes; (b) reduced size
    lowers the degradation, averaged over both times; (c) both together lose less than `margin`
    of test accuracy to the pruned model.

    Supported if all three hold; that needs no correction (intersection-union, Berger 1982).
    Contradicted if any of them is significantly opposite: one of three, so after Holm. The effect
    is that of (c).

    Each seed is compared at the density that the seeds before it choose on validation. A density
    chosen with the seed's own networks would give the pruned model their luck: (c) would be
    harder to support, and contradicted too often.
    """
    found = factors.design(part, settings)
    lacking = _lacking(part, found, settings)
    if found is None or found.selected < 0:
        return verdicts.undecided(4, part.noise, f"{verdicts.noise(part.noise)}: {lacking}.")
    parts = _parts(found, settings)
    measured = {name: own for name, own in parts.items() if not np.isnan(own.p)}
    verdict = "undecided"
    if len(measured) == len(parts):
        adjusted = holm([own.p for own in parts.values()]) <= settings.alpha
        if all(own.holds for own in parts.values()):
            verdict = "supported"
        elif any(own.opposite and a for own, a in zip(parts.values(), adjusted, strict=True)):
            verdict = "contradicted"
    c = parts["c"].effect
    density = float(found.density[found.selected])
    sentence = f"{_sentence(part, found, parts, settings)} {_outcome(parts, lacking)}"
    return Verdict(4, part.noise, verdict, *c[:3], c.replicates, density, sentence)


def _parts(found: Design, settings: Settings) -> dict[str, Part]:
    """The three parts; effects are those of the words, a and b are claimed to be negative."""
    time = take(factors.time_effect(found.measures["train_loss"]), found.ahead)
    size = take(factors.size_effect(found.measures["degradation"]), found.ahead)
    test = found.measures["test_accuracy"]
    together = take(test["extended", "reduced"] - test["pruned", "pruned"], found.ahead)
    limits = settings.minimum_log_ratio, settings.minimum_degradation, -settings.margin
    effects = np.stack([time, size, together], -1)
    estimated = settings.estimates(np.stack([effects, effects - limits], -1))
    parts = {}
    for i, (name, limit) in enumerate(zip("abc", limits, strict=True)):
        effect = estimated.at(i, 0)
        above, below = effect.low > limit, effect.high < -abs(limit)
        holds, opposite = (above, below) if name == "c" else (below, above)
        parts[name] = Part(effect, estimated.at(i, 1).p, holds, opposite)
    return parts


def _sentence(part: Slice, found: Design, parts: dict[str, Part], settings: Settings) -> str:
    """What was compared, with the numbers that there are."""
    test = found.measures["test_accuracy"]
    cells = (("extended", "reduced"), ("pruned", "pruned"))
    both, pruned = (float(mean(take(test[cell], found.ahead))) for cell in cells)
    interval = verdicts.level(settings.alpha)
    texts = []
    if parts["a"].effect.replicates:
        text = verdicts.times(parts["a"].effect, interval)
        texts.append(f"(a) extended training time makes the training loss {text} as high")
    if parts["b"].effect.replicates:
        text = verdicts.points(parts["b"].effect, interval)
        texts.append(f"(b) reduced size changes the accuracy lost to noisy examples by {text}")
    text = verdicts.points(parts["c"].effect, interval)
    texts.append(
        f"(c) with both, the dense model has {verdicts.accuracy(both)} test accuracy and "
        f"{found.pruned} {verdicts.accuracy(pruned)}: {text}, where a loss of up to "
        f"{100 * settings.margin:.3g} points counts as none"
    )
    density = verdicts.weights(found.density[found.selected])
    return (
        f"{verdicts.noise(part.noise)}, beside {found.pruned} at {density} of the weights (chosen "
        f"by validation; every seed is compared at the density that earlier ones choose): "
        f"{'; '.join(texts)}."
    )


def _outcome(parts: dict[str, Part], lacking: str) -> str:
    """Which parts hold, which are opposite, which are unknown."""
    unknown = [f"({name})" for name, own in parts.items() if np.isnan(own.p)]
    known = {name: own for name, own in parts.items() if not np.isnan(own.p)}
    groups = {
        "shown": [f"({name})" for name, own in known.items() if own.holds],
        "the opposite": [f"({name})" for name, own in known.items() if own.opposite],
        "open": [f"({n})" for n, o in known.items() if not (o.holds or o.opposite)],
        f"not measured ({lacking or 'fewer than two replicates'})": unknown,
    }
    texts = [f"{verdicts.listed(names)} {word}" for word, names in groups.items() if names]
    return f"Of the three: {', '.join(texts)}."


def _lacking(part: Slice, found: Design | None, settings: Settings) -> str:
    """What the comparison needs and the rows do not have; "" if nothing."""
    if found is None:
        return "no algorithm prunes"
    measured, extended = part.measured, settings.extended
    needed = {f"{extended} is missing": extended in measured.place}
    needed["width-scaled dense models are missing"] = bool(measured.scaled(settings))
    needed["no width-scaled dense model has as many weights as the pruned one"] = bool(
        found.partners
    )
    if found.selected < 0:
        needed["no seed has the test accuracies of all five models at one density"] = False
    if not part.noise:
        needed["there are no noisy examples"] = False
    else:
        controls = [extended, *found.partners.values()]
        lacking = [n for n in dict.fromkeys(controls) if not measured.control(n, "noisy")]
        text = f"{verdicts.listed(lacking)} trained without the noisy examples missing"
        needed[text] = not lacking
    return next((text for text, there in needed.items() if not there), "")
