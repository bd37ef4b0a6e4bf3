"""What XLA writes of a compiled program, `jax.stages.Compiled.as_text()`, as Python objects.

Only what counting needs is read: which instructions a computation has, on what they work, and
which other computations they call. Nothing here depends on the device.
"""

import math
import re
from collections.abc import Iterator
from typing import NamedTuple


class Instruction(NamedTuple):
    """One operation of a computation."""

    name: str
    opcode: str
    type: str  # of the result, with its layout: "f32[128,10]{1,0}", or a tuple of such
    operands: tuple[str, ...]  # names of instructions
    attributes: str  # whatever follows the operands

    def attribute(self, pattern: str) -> str:
        """What the first group of a regular expression finds among the attributes, or nothing."""
        found = re.search(pattern, self.attributes)
        return found.group(1) if found else ""

    @property
    def calls(self) -> str:
        """The computation that a fusion or a call consists of, or nothing."""
        return self.attribute(r"\b(?:calls|to_apply)=%?([\w.\-]+)")

    @property
    def body(self) -> str:
        """The computation that a loop repeats, or nothing."""
        return self.attribute(r"\bbody=%?([\w.\-]+)")

    @property
    def branches(self) -> list[str]:
        """The computations of which a conditional runs one."""
        several = self.attribute(r"\bbranch_computations=\{([^}]*)\}")
        return re.findall(
            r"[\w.\-]+",
            several or " ".join(re.findall(r"(?:true|false)_computation=(\S+)", self.attributes)),
        )

    @property
    def path(self) -> str:
        """Where it comes from in the program as it was written: "jit(fit)/while/body/add"."""
        return self.attribute(r'\bop_name="([^"]*)"')

    @property
    def turns(self) -> int:
        """How often a loop runs, where XLA knows it; else 0."""
        return int(self.attribute(r'"known_trip_count":\{"n":"(\d+)"') or 0)


class Computation(NamedTuple):
    """Instructions in their order."""

    name: str
    instructions: dict[str, Instruction]
    root: str  # the name of the instruction whose result is the computation's

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters in their order."""
        numbered = {}
        for instruction in self.instructions.values():
            if instruction.opcode == "parameter":
                numbered[int(instruction.operands[0])] = instruction.name
        return [numbered[number] for number in sorted(numbered)]

    def users(self, name: str) -> list[Instruction]:
        """The instructions that work on the result of another."""
        return [i for i in self.instructions.values() if name in i.operands]


class Module(NamedTuple):
    """A compiled program."""

    computations: dict[str, Computation]
    entry: str  # the name of the computation that the program begins with

    def loops(self) -> Iterator[Instruction]:
        """All loops, wherever they are."""
        for computation in self.computations.values():
            yield from (i for i in computation.instructions.values() if i.opcode == "while")


_HEADER = re.compile(r"(ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"\s+(ROOT )?%?([\w.\-]+) = (.*)")


def parse(text: str) -> Module:
    """The program that XLA writes as `text`.

    >>> module = parse('''
    ... ENTRY %main (x: f32[2,3]) -> f32[2,3] {
    ...   %x = f32[2,3]{1,0} parameter(0)
    ...   ROOT %y = f32[2,3]{1,0} add(%x, %x), metadata={op_name="jit(f)/add"}
    ... }
    ... ''')
    >>> module.computations[module.entry].instructions["y"].operands
    ('x', 'x')
    """
    computations: dict[str, Computation] = {}
    entry, name, root = "", "", ""
    instructions: dict[str, Instruction] = {}
    for line in text.splitlines():
        if header := _HEADER.match(line):
            name, instructions, root = header.group(2), {}, ""
            entry = name if header.group(1) else entry
        elif line.startswith("}") and name:
            computations[name], name = Computation(name, instructions, root), ""
        elif name and (found := _INSTRUCTION.match(line)):
            is_root, own, rest = found.groups()
            instructions[own] = _instruction(own, rest)
            root = own if is_root else root
    return Module(computations, entry)


def _instruction(name: str, rest: str) -> Instruction:
    """An instruction from what follows its "=": type, opcode(operands), attributes."""
    end = _closed(rest, 0) if rest.startswith("(") else rest.index(" ")
    kind, rest = rest[:end], rest[end:].strip()
    opened = rest.index("(")
    closed = _closed(rest, opened)
    inside = rest[opened + 1 : closed - 1]
    operands = re.findall(r"%([\w.\-]+)", inside)
    if rest[:opened] == "parameter":
        operands = [inside]
    return Instruction(name, rest[:opened], kind, tuple(operands), rest[closed:])


def _closed(text: str, start: int) -> int:
    """The place behind the parenthesis that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if not depth:
            return place + 1
    raise ValueError(f"a parenthesis is never closed: {text[start : start + 80]!r}")


class Buffer(NamedTuple):
    """An array in memory."""

    bytes: int
    space: int  # 0: the device's memory; else XLA's number of another one


_BUFFER = re.compile(r"\b(pred|[a-z]+(\d+)\w*)\[([\d,]*)\](?:\{[^}]*?(?:S\((\d+)\))?[^}]*?\})?")


def buffers(kind: str) -> list[Buffer]:
    """The arrays of a type.

    >>> buffers("(f32[128,10]{1,0}, pred[3]{0:T(512)S(1)}, bf16[])")
    [Buffer(bytes=5120, space=0), Buffer(bytes=3, space=1), Buffer(bytes=2, space=0)]
    """
    found = []
    for whole in _BUFFER.finditer(kind):
        bits, shape = int(whole.group(2) or 8), whole.group(3)
        elements = math.prod(int(n) for n in shape.split(",") if n)
        space = re.search(r"S\((\d+)\)", whole.group(0))
        found.append(Buffer(-(-elements * bits // 8), int(space.group(1)) if space else 0))
    return found
