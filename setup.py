"""Packaging metadata; the settings of the tools are in pyproject.toml.

`make oldest` runs the quick tests with all lower bounds at once. Nothing
has an upper bound, so that an installed jax stays as it is; `!=` excludes what is known to fail.
constraints.txt has exact versions of one set.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
version = re.search(r'__version__ = "(.+)"', (here / "pruning_jax/__init__.py").read_text())

EXPORT = ["safetensors>=0.4.5"]
HESSIAN = ["matfree>=0.6.0"]
IMAGENET = ["grain>=0.2.18"]
RUFF = "ruff==0.17.6"
TENSORBOARD = ["tensorboardX>=2.6.2"]

extras = {
    # XLA's compilers for accelerators, without the libraries that run there: `plan --on`.
    "aot-gpu": ["jax[cuda13-local]", "nvidia-cuda-nvcc>=13.0.48", "nvidia-nvvm>=13.0.48"],
    "aot-tpu": ["jax[tpu]"],
    "cuda": ["jax[cuda13]"],
    "export": EXPORT,  # networks for other programs
    "hessian": HESSIAN,  # the exploration `sharpness`; it needs nothing but jax
    "imagenet": IMAGENET,  # images that do not fit into memory
    "tensorboard": TENSORBOARD,  # it does without TensorFlow
    "tpu": ["jax[tpu]"],
    # For comparisons in tests/ and benchmarks/ only; these two belong together.
    "torch": ["torch==2.13.0", "torchvision==0.28.0"],
    "wandb": ["wandb>=0.19.11"],
    # Exact, because each release finds other faults; a user's environment has none of them.
    "lint": ["pyright[nodejs]==1.1.414", RUFF],
    # Exact, too, because the build is strict. Material for MkDocs is mended until May 2027; its
    # authors' Zensical reads mkdocs.yml as well.
    "docs": [
        "mkdocs==1.6.1",
        "mkdocs-material==9.8.2",
        "mkdocstrings==1.0.8",
        "mkdocstrings-python==2.0.11",
        RUFF,  # by which signatures are formatted
    ],
    "test": [
        *EXPORT,
        *HESSIAN,
        *IMAGENET,
        *TENSORBOARD,
        "beartype>=0.20.2",
        "hypothesis>=6.100",
        "ipykernel>=6.29",
        "nbclient>=0.10",
        "nbformat>=5.10",
        "pytest>=8.0",
        "pytest-xdist>=3.5",
        "statsmodels>=0.14.2",
    ],
}

setup(
    name="pruning_jax",
    version=version.group(1) if version else "0",
    description="A laboratory for why pruning a neural network improves its generalization",
    long_description=(here / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    # ml_collections 1.1.0 reads a configuration with `load_module`, which Python 3.15 removed.
    python_requires=">=3.11,!=3.15.*",
    # The configurations lie at the top level, and are installed as a part of the package.
    packages=[*find_packages(include=["pruning_jax", "pruning_jax.*"]), "pruning_jax.configs"],
    package_dir={"pruning_jax.configs": "configs"},
    package_data={"pruning_jax.reporting": ["templates/*"]},
    install_requires=[
        # Before 0.10.2 jax refuses on many processors the compiled programs that it has kept, and
        # prints lines of errors (jax issue 38445).
        "jax>=0.10.2",
        "flax>=0.12.0",
        "optax>=0.2.6",
        "orbax-checkpoint>=0.11.25",
        "ml-collections>=1.1.0",
        "tensorflow-datasets>=4.9.10",  # 4.9.9 fails with protobuf 7
        "array_record>=0.8.1",
        "absl-py>=2.1",
        "jaxtyping>=0.3.3",
        # Before 2.2 savez knows no `allow_pickle`, and a full disk leaves its archive open.
        "numpy>=2.2",
        "pandas>=2.2.2",  # the first that works with numpy 2
        "pyarrow>=17",
        "scipy>=1.14",
        "scikit-learn>=1.5",
        "matplotlib>=3.9",
        "bokeh>=3.8",
        "contourpy>=1.3",
        "jinja2>=3.1",
        "pillow>=10",
        "pooch>=1.8",
        "psutil>=6",
        "rich>=13.7",
    ],
    extras_require=extras,
    classifiers=[
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
