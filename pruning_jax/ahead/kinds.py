"""Kinds of accelerators: what their makers say of them.

Every figure is for one device, and has its source beside it. The times between kernels are the one
exception: no data sheet has them.
"""

from typing import NamedTuple

GIB = 1 << 30


class Multiprocessors(NamedTuple):
    """What XLA has to know of a GPU besides, to compile for one that is not here."""

    cores: int
    capability: tuple[int, int]  # the compute capability
    units: int  # that add and multiply float32, in each
    clock: float  # GHz, at most
    shared: int  # bytes of shared memory of each
    cache: int  # bytes of the second-level cache of the whole device


class Kind(NamedTuple):
    """A kind of accelerator."""

    title: str  # as the device calls itself
    platform: str  # "cuda" or "tpu", as JAX calls it
    memory: int  # bytes
    usable: float  # the part of the memory that JAX gives to programs
    bandwidth: float  # bytes/s between the device and its memory
    peak: dict[str, float]  # operations/s of matrix products, for each of `recipe.PRECISIONS`
    launch: float = 0.0  # seconds that a kernel takes at least, with the gap before it
    cycle: float = 0.0  # seconds of a clock cycle; 0 where XLA estimates no cycles
    gpu: Multiprocessors | None = None
    shapes: dict[int, str] | None = None  # how so many chips of a TPU are connected


# NVIDIA's "Getting Started with CUDA Graphs" (Alan Gray, 2019) finds 0.5 microseconds between
# kernels of a CUDA graph. A kernel that touches memory at all is seldom seen to take less than 1.5
# in a profile. The sum is an assumption, cautious for a lower bound.
LAUNCH = 2e-6

# JAX reserves 75 % of a GPU's memory ("GPU memory allocation" in JAX's documentation).
OF_GPU = 0.75

# What a program may use of a TPU's memory: XLA refuses a program for a v5e beyond 15.75 of 16 GiB.
OF_TPU = 15.75 / 16

# The limits that CUDA's programming guide lists for compute capabilities 9.0 and 8.0.
H100 = Multiprocessors(132, (9, 0), 128, 1.98, 233_472, 50 << 20)
A100 = Multiprocessors(108, (8, 0), 64, 1.41, 167_936, 40 << 20)

# The data sheets of the Hopper kinds count structured sparsity in TF32 and bfloat16; these are half
# of their figures. "float32" is computed without tensor cores.
HOPPER = {"float32": 67e12, "tensorfloat32": 494.7e12, "bfloat16": 989.4e12}
AMPERE = {"float32": 19.5e12, "tensorfloat32": 156e12, "bfloat16": 312e12}


def _tpu(bfloat16: float) -> dict[str, float]:
    """Peaks of a TPU, which multiplies bfloat16 alone: JAX computes TF32 products in three passes
    (`jax.lax.Precision.HIGH`) and float32 products in six (HIGHEST)."""
    return {"float32": bfloat16 / 6, "tensorfloat32": bfloat16 / 3, "bfloat16": bfloat16}


FLAT = {1: "1x1", 4: "2x2", 8: "2x4"}
CUBE = {1: "1x1x1", 4: "2x2x1", 8: "2x2x2"}

KINDS = {
    # NVIDIA A100 Tensor Core GPU data sheet: SXM4, 80 GB of HBM2e at 2,039 GB/s.
    "a100": Kind(
        "NVIDIA A100-SXM4-80GB", "cuda", 80 * GIB, OF_GPU, 2.039e12, AMPERE, LAUNCH, gpu=A100
    ),
    # The same data sheet's predecessor: SXM4, 40 GB of HBM2 at 1,555 GB/s.
    "a100_40gb": Kind(
        "NVIDIA A100-SXM4-40GB", "cuda", 40 * GIB, OF_GPU, 1.555e12, AMPERE, LAUNCH, gpu=A100
    ),
    # NVIDIA H100 Tensor Core GPU data sheet: SXM5, 80 GB of HBM3 at 3.35 TB/s.
    "h100": Kind(
        "NVIDIA H100 80GB HBM3", "cuda", 80 * GIB, OF_GPU, 3.35e12, HOPPER, LAUNCH, gpu=H100
    ),
    # NVIDIA H200 Tensor Core GPU data sheet: SXM, 141 GB of HBM3e at 4.8 TB/s.
    "h200": Kind(
        "NVIDIA H200 141GB HBM3e", "cuda", 141 * 10**9, OF_GPU, 4.8e12, HOPPER, LAUNCH, gpu=H100
    ),
    # Google Cloud's page "TPU v5e": 197 TFLOPS, 16 GB at 819 GB/s. Its core
    # has four units of 128 x 128, so that the peak is that of 1.5 GHz.
    "v5e": Kind(
        "TPU v5e", "tpu", 16 * GIB, OF_TPU, 819e9, _tpu(197e12), cycle=1 / 1.5e9, shapes=FLAT
    ),
    # "TPU v5p": 459 TFLOPS, 95 GB at 2,765 GB/s. Two cores with four units each: 1.75 GHz.
    "v5p": Kind(
        "TPU v5p", "tpu", 95 * 10**9, OF_TPU, 2.765e12, _tpu(459e12), cycle=1 / 1.75e9, shapes=CUBE
    ),
    # "TPU v6e": 918 TFLOPS, 32 GB at 1,640 GB/s. The page says too little to derive a clock.
    "v6e": Kind("TPU v6e", "tpu", 32 * GIB, OF_TPU, 1.64e12, _tpu(918e12), shapes=FLAT),
}
"""All kinds, by the names that --on takes."""
