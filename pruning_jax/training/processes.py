"""Several processes that train one group together, each with devices of its own.

They run the same program on the devices of all (jax.distributed). What files and clocks decide, the
first of them decides for all: it leads, and it alone reads and writes the workdir. Where there is
one process, which is the usual case, nothing here does anything.
"""

import io
import json
import os
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Sharding
from jaxtyping import PyTree

from pruning_jax.errors import WrongUse, require, said
from pruning_jax.files import Arrays

T = TypeVar("T")

ADDRESS, COUNT, NUMBER = "JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"
"""The variables that say who belongs together where no scheduler says it: host:port of the first
process, how many there are, and which one this is, from 0 on."""


def join() -> None:
    """Joins the processes that were started together.

    It must be called before a device is touched. JAX knows the tasks of a SLURM step, of Open MPI
    and of a TPU slice by itself; elsewhere the variables above say it.

    Raises:
      WrongUse: nothing says which processes belong together, or they do not find each other.
    """
    numbers: dict[str, Any] = {}
    for argument, name in (("num_processes", COUNT), ("process_id", NUMBER)):
        if text := os.environ.get(name):
            require(text.isdecimal(), f"{name} is {text!r}, not a whole number")
            numbers[argument] = int(text)
    try:
        jax.distributed.initialize(**numbers)
    except (ValueError, TypeError, RuntimeError) as error:
        raise WrongUse(
            f"--distributed: the other processes are not known ({said(error)}); start them by "
            f"srun, mpirun or on a TPU slice, or set {ADDRESS}, {COUNT} and {NUMBER} for each"
        ) from error


def several() -> bool:
    """Whether other processes train with this one."""
    return jax.process_count() > 1


def leads() -> bool:
    """Whether this process decides for all, and reads and writes the workdir."""
    return jax.process_index() == 0


def agreed(decide: Callable[[], T]) -> T:
    """What `decide` returns in the process that leads, in all of them.

    All call it at the same point of the program; the others do not call `decide`.

    Args:
      decide: returns what JSON can hold; lists come back as lists.

    Raises:
      Exception: whatever `decide` raises, in the process that leads; the others end with it.
    """
    if not several():
        return decide()
    if not leads():
        answer = json.loads(_broadcast(b""))
        if "value" in answer:
            return answer["value"]
        kind = WrongUse if answer["wrong_use"] else RuntimeError
        raise kind(f"the process that leads ended with {answer['error']}")
    try:
        value = decide()
    except Exception as error:
        answer = {"error": said(error), "wrong_use": isinstance(error, WrongUse)}
        _broadcast(json.dumps(answer).encode())
        raise
    _broadcast(json.dumps({"value": value}).encode())
    return value


def given(make: Callable[[], Arrays]) -> Arrays:
    """The arrays that `make` returns in the process that leads, in all of them."""
    if not several():
        return make()
    file = io.BytesIO()
    if leads():
        content: dict[str, Any] = make()
        np.savez(file, **content)
    with np.load(io.BytesIO(_broadcast(file.getvalue())), allow_pickle=False) as arrays:
        return dict(arrays)


def anyone(number: int) -> int:
    """The largest of the numbers that the processes give: whether anyone was sent a signal."""
    if not several():
        return number
    return int(multihost_utils.process_allgather(np.int32(number)).max())


def _broadcast(content: bytes) -> bytes:
    """The bytes of the process that leads. They are sent in few sizes, because each is compiled."""
    size = int(multihost_utils.broadcast_one_to_all(np.int64(len(content)).astype(np.int32)))
    sent = np.zeros(max(1024, 1 << (size - 1).bit_length()), np.uint8)
    sent[: len(content)] = np.frombuffer(content, np.uint8)
    return np.asarray(multihost_utils.broadcast_one_to_all(sent)).tobytes()[:size]


def whole(tree: PyTree) -> PyTree:
    """A pytree of arrays on the devices of all processes, as NumPy arrays in each of them."""

    def leaf(array: Any) -> np.ndarray:
        if isinstance(array, jax.Array) and not (
            array.is_fully_addressable or array.is_fully_replicated
        ):
            array = multihost_utils.process_allgather(array, tiled=True)
        return np.asarray(array)

    return jax.tree.map(leaf, tree)


def put(tree: PyTree, sharding: Sharding) -> PyTree:
    """Arrays that every process has as a whole, laid out over the devices of all."""
    if not several():
        return jax.device_put(tree, sharding)

    def leaf(array: Any) -> jax.Array:
        if isinstance(array, jax.Array) and jax.numpy.issubdtype(array.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(leaf(jax.random.key_data(array)))
        host = np.asarray(array)
        return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])

    return jax.tree.map(leaf, tree)
