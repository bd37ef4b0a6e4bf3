"""What is installed with the package: nothing is refused as too new, nothing is replaced."""

import json
import os
import runpy
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pruning_jax import errors

ROOT = Path(__file__).parents[1]
EXTRAS = ["", "cuda", "imagenet", "test", "tpu"]  # the others are for our own checks


@pytest.fixture(scope="module")
def requirements() -> list[Requirement]:
    """What setup.py asks for, as the installed package says it."""
    try:
        lines = metadata.requires("pruning_jax") or []
    except metadata.PackageNotFoundError:
        pytest.skip("The package is not installed: pip install -e .")
    every = [Requirement(line) for line in lines]
    return [
        r for r in every if not r.marker or any(r.marker.evaluate({"extra": e}) for e in EXTRAS)
    ]


def test_no_requirement_has_an_upper_bound(requirements):
    assert len(requirements) > 20
    bounds = [str(r) for r in requirements for s in r.specifier if s.operator not in (">=", "!=")]
    assert bounds == []


def test_the_constraints_are_exact_versions_that_are_allowed(requirements):
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    exact = dict(line.split("==") for line in lines if not line.startswith("#"))
    for requirement in requirements:
        if not requirement.extras:
            assert requirement.specifier.contains(exact[canonicalize_name(requirement.name)])


def test_the_command_for_an_extra_names_the_clone():
    *command, what = shlex.split(errors.install("hessian"))
    assert command == ["pip", "install", "-e"]
    assert what == f"{ROOT.resolve()}[hessian]"


def test_the_command_for_an_extra_names_the_package_where_there_is_no_clone(tmp_path):
    file = tmp_path / "with a space" / "pruning_jax" / "errors.py"
    file.parent.mkdir(parents=True)
    shutil.copy(errors.__file__, file)
    installed = runpy.run_path(str(file))
    assert installed["install"]("hessian") == "pip install 'pruning_jax[hessian]'"
    (file.parents[1] / "setup.py").touch()
    assert shlex.split(installed["install"]("hessian"))[3] == f"{file.parents[1]}[hessian]"


def pip(environment, *arguments):
    """What pip did in an environment, in the folder of a clone."""
    line = [environment / "bin" / "python", "-m", "pip", *arguments]
    quiet = {**os.environ, "PYTHONWARNINGS": ""}  # pip's own warnings are not errors of ours
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, env=quiet, check=False)


@pytest.mark.slow
def test_the_notebooks_install_leaves_an_installed_jax_alone(tmp_path):
    environment, report = tmp_path / "environment", tmp_path / "report.json"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    newest = pip(environment, "install", "--retries=1", "--timeout=15", "jax", "flax", "ipython")
    if newest.returncode:
        pytest.skip(f"No package index can be reached: {newest.stderr.splitlines()[-1]}")
    listed = json.loads(pip(environment, "list", "--format=json").stdout)
    installed = {canonicalize_name(package["name"]) for package in listed}
    assert {"jax", "jaxlib", "flax", "numpy"} <= installed

    cells = json.loads((ROOT / "colabs" / "quickstart.ipynb").read_text())["cells"]
    (cell,) = ["".join(c["source"]) for c in cells if c["id"] == "install"]
    # By flags: variables would hold for the pip, too, that pip itself starts to build the package.
    dry = cell.replace("%pip install", f"%pip install --dry-run --report={report}")
    assert dry != cell
    (tmp_path / "install.ipy").write_text(dry)
    quiet = {**os.environ, "PYTHONWARNINGS": "", "PYTHONPATH": ""}
    quiet["IPYTHONDIR"] = str(tmp_path / "ipython")
    line = [environment / "bin" / "ipython", "--no-banner", tmp_path / "install.ipy"]
    done = subprocess.run(
        line, cwd=ROOT / "colabs", capture_output=True, text=True, env=quiet, check=False
    )
    assert done.returncode == 0, done.stderr
    assert report.exists(), done.stdout
    pins = Path("/tmp/installed.txt").read_text().split()
    assert sorted(pins) == sorted(
        f"{package['name']}=={package['version']}"
        for package in listed
        if package["name"] in ("jax", "jaxlib", "numpy")
    )
    planned = {
        canonicalize_name(package["metadata"]["name"])
        for package in json.loads(report.read_text())["install"]
    }
    assert "pruning-jax" in planned
    assert planned & installed == set()
