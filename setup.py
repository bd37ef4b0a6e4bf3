"""Packaging metadata; the settings of the tools are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
version = re.search(r'__version__ = "(.+)"', (here / "pruning_jax/__init__.py").read_text())

IMAGENET = ["grain>=0.2.18"]

extras = {
    "cuda": ["jax[cuda13]"],
    "imagenet": IMAGENET,  # images that do not fit into memory
    "tpu": ["jax[tpu]"],
    "torch": ["torch==2.13.0"],  # for comparisons in tests/ and benchmarks/ only
    "test": [
        *IMAGENET,
        "beartype>=0.20",
        "hypothesis>=6.100",
        "pyright[nodejs]==1.1.414",
        "pytest>=8.0",
        "pytest-xdist>=3.5",
        "ruff==0.17.6",
    ],
}

setup(
    name="pruning_jax",
    version=version.group(1) if version else "0",
    description="A laboratory for why pruning a neural network improves its generalization",
    long_description=(here / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["pruning_jax", "pruning_jax.*"]),
    package_data={"pruning_jax": ["templates/*"]},
    install_requires=[
        # The lowest and the newest jax that the tests have passed with.
        "jax>=0.8.0,<=0.10.2",
        "flax>=0.12.0",
        "optax>=0.2.6",
        "orbax-checkpoint>=0.11.25",
        "ml-collections>=1.1.0",
        "tensorflow-datasets>=4.9.9",
        "array_record>=0.8.1",
        "absl-py>=2.1",
        "jaxtyping>=0.3.3",
        "numpy>=2.0",
        "pandas>=2.2",
        "pyarrow>=17",
        "scipy>=1.13",
        "scikit-learn>=1.5",
        "matplotlib>=3.9",
        "plotly>=6.0",
        "jinja2>=3.1",
        "pillow>=10",
        "psutil>=6",
        "rich>=13.7",
    ],
    extras_require=extras,
    classifiers=[
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
