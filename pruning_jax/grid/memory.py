"""Memory that is too small for a group, as it shows in the middle of a run."""

import jax


def exhausted(error: BaseException) -> bool:
    """Whether an error says that memory was asked for that is not there: by JAX for a device, or
    by Python and NumPy for the machine."""
    if isinstance(error, jax.errors.JaxRuntimeError):
        return any(text in str(error) for text in ("RESOURCE_EXHAUSTED", "Out of memory"))
    return isinstance(error, MemoryError)
