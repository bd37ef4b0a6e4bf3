"""The bytes that an operation reads from the device's memory and writes to it.

Each operand is read once and each result written once, as if caches held everything within one
operation and nothing from one to the next. A gather or a slice reads what it takes, and an update
in place writes what changes. What lies in a core's own fast memory (on a TPU) costs nothing.
"""

from pruning_jax.ahead.hlo import Computation, Instruction, Module, buffers

SLICES = {"dynamic-slice", "gather", "slice"}
"""Operations that read only a part of their first operand, as large as their result."""

UPDATES = {"dynamic-update-slice": 1, "scatter": 2}
"""Operations that change a part of their first operand in place, and the place of the operand that
has the size of this part."""

SAME = {"bitcast", "reshape", "copy", "transpose"}
"""Operations inside a fusion that hand on the numbers that they are given."""


def size(kind: str) -> int:
    """The bytes of a type that lie in the device's memory."""
    return sum(buffer.bytes for buffer in buffers(kind) if buffer.space == 0)


def of(module: Module, place: Computation, instruction: Instruction) -> int:
    """The bytes that an instruction moves.

    Args:
      module: the program.
      place: the computation that the instruction is part of.
      instruction: anything but a loop or a conditional.
    """
    if instruction.opcode.endswith("-done"):
        return 0  # counted where it was started
    operands = [place.instructions[name].type for name in instruction.operands]
    if instruction.opcode.endswith("-start"):
        # The type of its result lists the operands again: each is read, and written once.
        return sum(size(kind) for kind in operands) + _started(instruction.type)
    if instruction.opcode == "fusion":
        inner = module.computations[instruction.calls]
        reads = sum(
            min(size(kind), _read(module, inner, name))
            for kind, name in zip(operands, inner.parameters, strict=True)
        )
        return reads + min(size(instruction.type), _written(inner))
    if instruction.opcode in SLICES:
        return 2 * min(size(instruction.type), size(operands[0]))
    if instruction.opcode in UPDATES:
        return 2 * size(operands[UPDATES[instruction.opcode]])
    return sum(size(kind) for kind in operands) + size(instruction.type)


def _started(kind: str) -> int:
    """What an operation that goes on beside others writes: the first array of its result."""
    return sum(buffer.bytes for buffer in buffers(kind)[:1] if buffer.space == 0)


def _read(module: Module, inner: Computation, name: str) -> int:
    """The bytes of a parameter that the instructions of a fusion read, if each read for itself."""
    total = 0
    for user in inner.users(name):
        first = user.operands[0] == name
        if user.opcode in SLICES and first:
            total += sum(buffer.bytes for buffer in buffers(user.type))
        elif user.opcode in UPDATES and first:
            continue  # it stays where it is
        elif user.opcode in SAME:
            total += _read(module, inner, user.name) if user.name != inner.root else _whole(user)
        elif user.opcode == "fusion":
            nested = module.computations[user.calls]
            total += _read(module, nested, nested.parameters[user.operands.index(name)])
        else:
            total += _whole(inner.instructions[name])
    if name == inner.root:
        total += _whole(inner.instructions[name])
    return total


def _whole(instruction: Instruction) -> int:
    return sum(buffer.bytes for buffer in buffers(instruction.type))


def _written(inner: Computation) -> int:
    """The bytes of the result of a fusion that are new."""
    root = inner.instructions[inner.root]
    results = [inner.instructions[n] for n in root.operands] if root.opcode == "tuple" else [root]
    return sum(_new(inner, result) for result in results)


def _new(inner: Computation, result: Instruction) -> int:
    while result.opcode in ("bitcast", "reshape"):
        result = inner.instructions[result.operands[0]]
    if result.opcode in UPDATES:
        return _whole(inner.instructions[result.operands[UPDATES[result.opcode]]])
    return _whole(result)
