"""The data sets that come with the package: each is found by its name and keeps the laws."""

import hashlib
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import folders
import numpy as np
import pytest
import tensorflow_datasets as tfds
from sklearn.datasets import load_digits

from pruning_jax import plugins
from pruning_jax.data import sources
from pruning_jax.data.sets import imagenet2012
from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_dataset

TFDS = os.environ.get("TFDS_DATA_DIR") or Path(__file__).parents[3] / "shared" / "tfds"
PREPARED = sorted(sources.origins())


def few(dataset):
    """A data set whose loader expects as few images as folders.py prepares."""
    sizes = [folders.SMALL[split] for split in dataset.origin.splits]
    spec = dataset.spec._replace(train_size=sizes[0], test_size=sizes[1])
    arguments = [spec if argument == dataset.spec else argument for argument in dataset.load.args]
    return dataset._replace(
        spec=spec, load=partial(dataset.load.func, *arguments, **dataset.load.keywords)
    )


@pytest.mark.parametrize("name", plugins.DATASETS.names)
def test_every_data_set_keeps_the_laws(name, tmp_path, monkeypatch):
    """Those that have to be prepared are prepared with a few images of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if name not in PREPARED:
        check_dataset(name)
        return
    folders.prepare(tmp_path, name)
    check_dataset(few(sources.find(name)), str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", PREPARED)
def test_every_data_set_keeps_the_laws_at_its_full_size(name, request, monkeypatch):
    """Those that are on this machine. Their arrays stay in pytest's cache."""
    if not (Path(TFDS) / name).exists():
        pytest.skip(f"no {name} in {TFDS}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(request.config.cache.mkdir("datasets")))
    check_dataset(name, str(TFDS))
    assert "tensorflow" not in sys.modules


@pytest.mark.parametrize("name", PREPARED)
def test_a_data_set_that_is_not_there_says_how_to_prepare_it(name, tmp_path):
    command = f"python -m pruning_jax.prepare --dataset={name} --data_dir={tmp_path}"
    with pytest.raises(WrongUse, match=f"^[^\\n]*{re.escape(command)}( --archives=FOLDER)?$"):
        sources.load(name, str(tmp_path))


def test_to_import_them_all_is_cheap():
    """A command's help names them, and nothing that reads a run needs JAX."""
    slow = {"jax", "tensorflow_datasets", "sklearn", "scipy", "grain", "requests", "array_record"}
    code = f"""
import sys
from pruning_jax import plugins
[plugins.DATASETS.find(name) for name in plugins.DATASETS.names]
print(sorted({slow} & {{*sys.modules}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", PREPARED)
def test_every_origin_is_the_one_of_tfds(name):
    origin = sources.origins()[name]
    root = Path(tfds.__file__).parent
    lists = (root / "url_checksums" / f"{name}.txt", root / "datasets" / name / "checksums.tsv")
    recorded = next((path for path in lists if path.exists()), None)
    if recorded is None:
        pytest.skip("this version of TFDS has no list of its downloads")
    lines = [line.split()[:3] for line in recorded.read_text().splitlines()]
    expected = {url: (int(size), sha256) for url, size, sha256 in lines}
    given = {f"{origin.url}/{file}": tuple(known) for file, known in origin.files.items()}
    assert given.items() <= expected.items()


def test_digits_are_those_of_scikit_learn():
    source = sources.load("digits")
    known, labels = load_digits(return_X_y=True)
    images = np.concatenate([source.train_images, source.test_images]).reshape(-1, 64)
    order, expected = np.lexsort(images.T), np.lexsort(known.T)
    np.testing.assert_array_equal(images[order], known[expected])
    given = np.concatenate([source.train_labels, source.test_labels])
    np.testing.assert_array_equal(given[order], labels[expected])
    assert (len(source.train_labels), len(source.test_labels)) == (1297, 500)
    assert np.bincount(source.test_labels).min() > 30
    again = sources.load("digits")
    np.testing.assert_array_equal(source.test_images, again.test_images)


def test_the_division_of_the_digits_stays_what_it_is():
    """Otherwise results of one version could not be compared with those of another."""
    source = sources.load("digits")
    digest = hashlib.sha256(source.train_images.tobytes() + source.test_labels.tobytes())
    assert digest.hexdigest()[:16] == "7306ca166424824a"


@pytest.mark.slow
@pytest.mark.skipif(not (Path(TFDS) / "mnist").exists(), reason=f"no MNIST in {TFDS}")
def test_mnist_has_its_known_numbers(request, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(request.config.cache.mkdir("datasets")))
    source = sources.load("mnist", str(TFDS))
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(source.train_labels).tolist() == train
    assert np.bincount(source.test_labels).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    assert source.train_images.mean() / 255 == pytest.approx(0.1307, abs=1e-4)
    assert source.train_images.std() / 255 == pytest.approx(0.3081, abs=1e-4)


def test_imagenets_moments_are_those_of_its_pixels():
    assert pytest.approx((123.675, 116.28, 103.53)) == imagenet2012.MEAN
    assert pytest.approx((58.395, 57.12, 57.375)) == imagenet2012.STD
