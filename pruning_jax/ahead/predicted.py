"""What is predicted of a configuration, and how it is shown: a page for people in 80 columns."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from pruning_jax import screen
from pruning_jax.ahead.counts import Counts
from pruning_jax.experiment.record import Json


@dataclass(frozen=True)
class Bounds:
    """What a step of a device takes at least, in seconds, if one thing alone held it up."""

    launches: float  # starting its kernels one after the other
    bandwidth: float  # moving its bytes
    arithmetic: float  # its operations, at the peak of the precision
    estimated: float  # no bound: the clock cycles that XLA estimates; 0 where it estimates none

    @property
    def least(self) -> float:
        """The largest of the three bounds: they may overlap."""
        return max(self.launches, self.bandwidth, self.arithmetic)


@dataclass(frozen=True)
class Forecast:
    """What a device makes of one program; of a step, everything is per device."""

    width: float
    replicas: int  # that are trained at once, on all devices
    turns: int  # how often a device repeats what is counted: its replicas, if they take turns
    way: str  # how replicas are computed
    convolution: str
    groups: int
    steps: int  # of each replica, of all groups together
    problem: str  # why it does not compile; "" if it does
    memory: int  # bytes of one device that the program needs
    fits: bool
    operations: float  # of a step, as it is written
    counts: Counts
    bounds: Bounds

    @property
    def seconds(self) -> float:
        """What one step of all replicas takes at least."""
        return self.turns * self.bounds.least


@dataclass(frozen=True)
class Forecasts:
    """What the devices make of a configuration; printed, it is a page for people."""

    on: str
    device: str
    devices: int
    memory: int  # bytes of one device that programs may use
    dataset: str
    model: str
    batch_size: int
    precision: str
    programs: list[Forecast]
    jax_version: str
    notes: list[str]

    @property
    def hours(self) -> float:
        """What the training steps of all programs that compile take at least, one after another."""
        return sum(each.steps * each.seconds for each in self.programs if not each.problem) / 3600

    def json(self) -> Json:
        """The forecasts as a JSON object."""
        found: dict[str, Any] = asdict(self) | {"hours": self.hours}
        for each, own in zip(found["programs"], self.programs, strict=True):
            each["counts"] = own.counts._asdict() | {"kernels": own.counts.kernels}
            each["bounds"]["least"] = own.bounds.least
            each["seconds"] = own.seconds
        return found

    def __repr__(self) -> str:
        return screen.text(lambda console: show(self, console))


def show(found: Forecasts, console: Console) -> None:
    """Prints the page."""
    times = f"{found.devices} x " if found.devices > 1 else ""
    console.print(
        f"{found.dataset}, {found.model}, batches of {found.batch_size}, {found.precision}, "
        f"compiled by jax {found.jax_version} for {times}{found.device}. What follows is predicted "
        "by counting; nothing of it is measured."
    )
    console.print(_work(found))
    console.print(
        f"Per step of one device, which is a step of one replica where they take turns. Kernels "
        "are fusions, calls of libraries, copies and others; programs may use "
        f"{amount(found.memory, 'B')}."
    )
    console.print(_time(found))
    xla = " XLA is its own estimate, which is no bound." if _estimated(found) else ""
    console.print(
        "What such a step takes at least, by each bound; step: of all replicas, by the largest of "
        f"them; images/s: at most.{xla}"
    )
    left_out = " of what compiles" if any(each.problem for each in found.programs) else ""
    console.print(
        f"All training steps{left_out}, one group after the other: at least "
        f"{duration(found.hours * 3600)}. Evaluation, files and compilation come on top."
    )


def _work(found: Forecasts) -> Table:
    """What one step does."""
    names = ("memory", "kernels", "fusions", "calls", "copies", "moved", "ops")
    table = _table(*names)
    for each in found.programs:
        counts = each.counts
        if each.problem:
            table.add_row(*_name(each), "does not compile")
            continue
        table.add_row(
            *_name(each),
            amount(each.memory, "B") + ("" if each.fits else " too much"),
            *(f"{n:,}" for n in (counts.kernels, counts.fusions, counts.calls, counts.copies)),
            amount(counts.bytes, "B"),
            amount(each.operations, ""),
        )
    return table


def _time(found: Forecasts) -> Table:
    """What one step takes at least, and all of them."""
    compiled = [each for each in found.programs if not each.problem]
    bounds = {
        "launches": [each.bounds.launches for each in compiled],
        "bytes": [each.bounds.bandwidth for each in compiled],
        "math": [each.bounds.arithmetic for each in compiled],
        "XLA": [each.bounds.estimated for each in compiled],
    }
    told = {name: seconds for name, seconds in bounds.items() if any(seconds)}
    table = _table(*told, "step", "images/s", "all\nsteps")
    for number, each in enumerate(compiled):
        table.add_row(
            *_name(each),
            *(duration(seconds[number]) for seconds in told.values()),
            duration(each.seconds),
            amount(each.replicas * found.batch_size / each.seconds, ""),
            duration(each.steps * each.seconds),
        )
    return table


def _estimated(found: Forecasts) -> bool:
    return any(each.bounds.estimated for each in found.programs)


def _table(*names: str) -> Table:
    table = Table()
    for name in ("width", "at\nonce", *names):
        table.add_column(name, justify="right")
    return table


def _name(each: Forecast) -> tuple[str, str]:
    return f"{each.width:.3g}", str(each.replicas)


def amount(number: int | float, unit: str) -> str:
    """A number with three digits and a prefix.

    >>> amount(1_790_000_000, "B"), amount(83, "B"), amount(2.1e10, "")
    ('1.79 GB', '83 B', '21 G')
    """
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{_digits(number / size)} {prefix}{unit}"
    return f"{_digits(number)} {unit}".rstrip()


def duration(seconds: int | float) -> str:
    """A time in the unit that suits it.

    >>> duration(7.8e-4), duration(4.2e-6), duration(130), duration(200_000)
    ('780 us', '4.2 us', '2.17 min', '55.6 h')
    """
    for unit, size in (("h", 3600), ("min", 60), ("s", 1), ("ms", 1e-3)):
        if seconds >= size:
            return f"{_digits(seconds / size)} {unit}"
    return f"{_digits(seconds / 1e-6)} us"


def _digits(number: int | float) -> str:
    return f"{number:.3g}" if number < 100 else f"{number:,.0f}"
