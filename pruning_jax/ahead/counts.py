"""What a computation of a compiled program does: kernels, bytes, loops, transfers."""

import re
from typing import NamedTuple

from pruning_jax.ahead import traffic
from pruning_jax.ahead.hlo import Computation, Instruction, Module, buffers

FREE = {
    *("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "opt-barrier"),
    *("partition-id", "replica-id", "add-dependency", "domain", "get-dimension-size"),
}
"""Operations that start nothing on a device."""

MOVES = {
    *("parameter", "constant", "copy", "transpose", "reshape", "bitcast", "tuple", "slice"),
    *("concatenate", "pad", "get-tuple-element", "broadcast"),
}
"""Operations that only move or lay out numbers; a fusion of nothing else is a copy."""

COLLECTIVE = re.compile(r"(all-|reduce-scatter|collective-|ragged-all)[\w-]*")
TRANSFERS = {"infeed", "outfeed", "send", "recv"}
CALLBACK = re.compile(r'custom_call_target="[^"]*(callback|xla_ffi_python|MoveToHost)[^"]*"')
HOST = 5  # XLA's number of the memory of the host, in layouts: S(5)


class Counts(NamedTuple):
    """What a computation does each time that it runs, loops inside it included."""

    fusions: int = 0  # kernels that XLA has written
    calls: int = 0  # of libraries: cuDNN, cuBLAS
    copies: int = 0  # kernels that only move numbers
    others: int = 0  # single operations: a sort, a convolution on a TPU
    bytes: int = 0  # from and to the device's memory
    cycles: int = 0  # XLA's own estimate, where it writes one (on TPUs)
    loops: tuple[int, ...] = ()  # how often each loop inside turns, 0 where XLA does not know it
    collectives: int = 0  # operations that send something to other devices
    transfers: int = 0  # operations that wait for the host

    @property
    def kernels(self) -> int:
        """All that is started on the device one after the other."""
        return self.fusions + self.calls + self.copies + self.others

    def plus(self, other: "Counts", times: int = 1) -> "Counts":
        """The sum with what another computation does so many times."""
        sums = {
            name: getattr(self, name) + times * getattr(other, name)
            for name in self._fields
            if name != "loops"
        }
        return Counts(**sums, loops=(*self.loops, *other.loops))


def count(module: Module, name: str) -> Counts:
    """What the computation `name` of a program does, and all that it calls.

    A loop inside it counts as often as it turns, once where XLA does not know that. Of a
    conditional the branch with the most kernels counts.
    """
    total = Counts()
    place = module.computations[name]
    for instruction in place.instructions.values():
        total = total.plus(_one(module, place, instruction))
    return total


def _one(module: Module, place: Computation, instruction: Instruction) -> Counts:
    """What one instruction does."""
    opcode = instruction.opcode
    if opcode in FREE:
        return Counts()
    if opcode == "while":
        turns = instruction.turns
        return Counts(loops=(turns,)).plus(count(module, instruction.body), max(1, turns))
    if opcode == "conditional":
        branches = [count(module, name) for name in instruction.branches]
        return max(branches, key=lambda c: c.kernels, default=Counts())
    if opcode == "call":
        return count(module, instruction.calls)
    cycles = int(instruction.attribute(r'"estimated_cycles":"(\d+)"') or 0)
    moved = traffic.of(module, place, instruction)
    kind = _kind(module, instruction)
    found = Counts(bytes=moved, cycles=cycles)
    found = found._replace(**{kind: 1}) if kind else found
    base = opcode.removesuffix("-start").removesuffix("-done")
    return found._replace(
        collectives=int(bool(COLLECTIVE.fullmatch(base)) and not opcode.endswith("-done")),
        transfers=int(_waits(instruction, base)),
    )


def _kind(module: Module, instruction: Instruction) -> str:
    """The field of `Counts` that an instruction belongs to; "" where it starts nothing."""
    opcode = instruction.opcode
    if opcode.endswith("-done"):
        return ""
    if opcode == "custom-call":
        # XLA's own marks of memory and layout end as nothing that runs.
        return "" if "ConsumeOnly" in instruction.attributes else "calls"
    if opcode.startswith("copy"):
        return "copies"
    if opcode == "fusion":
        inner = module.computations[instruction.calls].instructions.values()
        return "copies" if {i.opcode for i in inner} <= MOVES else "fusions"
    return "others"


def _waits(instruction: Instruction, base: str) -> bool:
    """Whether an instruction waits for the host."""
    to_host = any(buffer.space == HOST for buffer in buffers(instruction.type))
    return base in TRANSFERS or to_host or bool(CALLBACK.search(instruction.attributes))


def body(module: Module, depth: int) -> str | None:
    """The computation that the program's own loops repeat at a depth, 1 for the outermost.

    Loops that XLA has made of something else, such as a gather, do not count: the path of an
    instruction says from which operation of the program it comes. None: there is no such loop.
    """
    for loop in module.loops():
        steps = loop.path.split("/")
        if steps[-1] == "while" and steps.count("while") == depth:
            return loop.body
    return None
