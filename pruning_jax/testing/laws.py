"""What the checks of all kinds share."""

import functools
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, PyTree

from pruning_jax import plugins
from pruning_jax.errors import WrongUse, said
from pruning_jax.plugins import Kind


def law(holds: bool | np.bool, message: str) -> None:
    """Raises AssertionError with `message` unless a law holds.

    An `assert` would be left out by `python -O`.
    """
    if not holds:
        raise AssertionError(message)


def named(kind: Kind, plugin: str | Callable) -> str:
    """The name of a plug-in that is given by its name, or by itself.

    Raises:
      AssertionError: it is not a function, or no name leads to it.
      WrongUse: there is no plug-in of that name.
    """
    if isinstance(plugin, str):
        name, found = plugin, kind.find(plugin)
    else:
        name = ":".join(str(getattr(plugin, a, "")) for a in ("__module__", "__qualname__"))
        try:
            found = kind.find(name)
        except WrongUse:
            found = None
        law(
            found is plugin,
            f"The {kind.what} {plugin!r} is not what Python finds as {name!r}. A run finds it by "
            f"that name: define {kind.attribute} at the top level of a module, or give the name.",
        )
    law(
        callable(found),
        f"The {kind.what} {name!r} is {found!r}; it must be a function called {kind.attribute}.",
    )
    return name


def program(function: Callable[..., object], what: str) -> Callable[..., PyTree]:
    """A function as a new compiled program.

    Args:
      what: the function as its author writes it, for messages.

    Raises:
      AssertionError: when it is called, if it cannot be compiled.
    """

    def anew(*given: PyTree) -> PyTree:  # a function that JAX has not compiled before
        return function(*given)

    return functools.partial(explained, jax.jit(anew), what)


def traced(function: Callable[..., PyTree], *arguments: PyTree, what: str) -> PyTree:
    """The shapes and types of what a function returns; nothing is computed.

    Raises:
      AssertionError: it cannot be compiled.
    """
    return explained(functools.partial(jax.eval_shape, function), what, *arguments)


def explained(function: Callable[..., PyTree], what: str, *arguments: PyTree) -> PyTree:
    """What a function returns.

    Raises:
      AssertionError: it raises an error, which is explained.
    """
    try:
        return function(*arguments)
    except TRACED as error:
        raise AssertionError(
            f"{what} cannot be compiled by JAX: {_told(error)}. Compute with jax.numpy and "
            "jax.random, and choose with jnp.where instead of `if`: arrays have no values yet when "
            "a program is compiled."
        ) from error
    except Exception as error:  # a user's function raises errors of any kind
        raise AssertionError(f"{what} cannot be compiled by JAX: {_told(error)}") from error


def _told(error: Exception) -> str:
    """An error in a line, with the place in the user's own code where it was raised."""
    where = plugins.place(error)
    return said(error) + (f" ({where})" if where else "")


TRACED = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
)
"""The errors of those who ask for the values of arrays while a program is compiled."""


def compiled(function: Callable[..., object], *arguments: Array, what: str) -> Array:
    """The array that a function returns as a compiled program.

    It is compiled anew by each call. So whatever is not a function of the arguments, such as a
    number from NumPy's generator, differs from call to call.

    Args:
      what: the function as its author writes it, for messages.

    Raises:
      AssertionError: it cannot be compiled, or does not return an array.
    """
    found = program(function, what)(*arguments)
    if not isinstance(found, jax.Array):
        raise AssertionError(f"{what} must return one array, not {type(found).__name__}.")
    return found
