"""What was edited in a run is found, even where the forger made every sum anew."""

import json
import os
import shutil
import time
from pathlib import Path

import forging
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import verified
from forging import arrays, configuration, fit_rows, forge, rows, settings, swap, table
from verified import ALGORITHMS, LAYERS, LRR

from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import cellfiles, described, examine, manifest, paths, recorded
from pruning_jax.workdir.columns import OVER_ROUNDS
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.invariants import sums

CRITERION, STATES = "masks are those of the criterion", "rounds start where they rewind to"
CHAINED, SAVED = "rounds follow from those before", "states are the saved parameters"
COLUMNS, PARAMS = "columns repeat the configuration", "parameters are whole"
DISTANCES, LAYERWISE = "distances follow from the parameters", "layers keep their share"
COUNTS, DENSITIES = "weights are counted as in the masks", "densities are as asked for"
NUMBERS, LABELS = "numbers are possible", "labels are classes"
ACCURACIES, LEFT_OUT = "accuracies follow from the arrays", "the right examples are left out"
NOISY, MARKED = "as many labels are noisy as asked", "noisy examples are marked"
SOURCE, LOSSES = "masks are those of their source", "losses follow from the arrays"
TESTED = "test accuracies are those predicted"
CONFIG, STRAYS, FILES, ROUNDS = examine.CONFIG, examine.STRAYS, examine.FILES, examine.ROUNDS
SHARED, DATA, NESTED, APART = examine.SHARED, examine.DATA, examine.NESTED, examine.APART
EL2N, REMOVED, UNION, SUMS = examine.EL2N, examine.REMOVED, examine.UNION, examine.SUMS


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    return verified.finished(tmp_path_factory)


@pytest.fixture(scope="session")
def seeds(tmp_path_factory) -> Path:
    return verified.seeds(tmp_path_factory)


def of(name):
    """The cell of another algorithm beside LRR."""
    return LRR._replace(algorithm=name)


def every():
    """The cells that share round 0 with LRR."""
    return [of(name) for name in ALGORITHMS]


def examples(workdir, cell, change):
    """Changes the examples of a cell, and makes its rows fit."""
    arrays(paths.examples(workdir, cell), change)
    fit_rows(workdir, cell)
    return paths.examples(workdir, cell)


def row(workdir, cell, round_, **values):
    """Changes a row, and the union with it."""
    rows(workdir, cell, lambda content: content[round_].update(values))
    return paths.rounds(workdir, cell)


def last_digit(workdir, cell, round_, layer):
    """Changes a saved parameter that is not pruned a little."""

    def change(params):
        at = np.flatnonzero(params[layer])[0]
        params[layer].flat[at] *= np.float32(1.01)

    return forging.params(workdir, cell, round_, change)


def replaced(workdir, old, new):
    """Changes the text of config.json."""
    path = paths.config(workdir)
    path.write_text(path.read_text().replace(old, new))
    return path


def of_lrr(workdir, **settings):
    """Changes what config.json says of lrr, but not its hash."""
    return configuration(
        workdir, lambda content: content["experiment"]["algorithms"]["lrr"].update(settings)
    )


# One function for each way to tamper: it returns the file that verify must name. Each is listed in
# TAMPERING below with the checks that find it.


def hash_of_the_configuration(workdir):
    return replaced(workdir, '"split_seed": 0', '"split_seed": 3')


def unreadable_configuration(workdir):
    path = workdir / "config.json"
    path.write_text(path.read_text()[:100])
    return path


def foreign_configuration(workdir):
    return configuration(workdir, lambda content: content["experiment"].update(what=1))


def algorithm_outside_the_workdir(workdir):
    return replaced(workdir, '"movement"', '"../../movement"')


def algorithm_at_the_root(workdir):
    return replaced(workdir, '"movement"', '"/etc"')


def number_for_a_list(workdir):
    return of_lrr(workdir, densities=5)


def list_for_a_name(workdir):
    return of_lrr(workdir, name=[])


def ten_thousand_lists(workdir):
    path = workdir / "config.json"
    path.write_text('{"experiment": ' + "[" * 10_000 + "]" * 10_000 + "}")
    return path


def a_billion_cells(workdir):
    many = {"seeds": list(range(100_000)), "noise_rates": [i / 10_000 for i in range(10_000)]}
    return configuration(workdir, lambda content: content["experiment"].update(many))


def masks_of_nobody(workdir):
    return replaced(workdir, '"masks_from": "lottery"', '"masks_from": "nobody"')


def truncated_examples(workdir):
    path = paths.examples(workdir, LRR)
    path.write_bytes(path.read_bytes()[:1000])
    return path


def examples_without_an_array(workdir):
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a.pop("el2n"))
    return path


def examples_of_another_size(workdir):
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a.update(correct=a["correct"][:, 1:]))
    return path


def examples_without_the_last_round(workdir):
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a.update(correct=a["correct"][:-1]))
    return path


def examples_that_fill_the_memory(workdir):
    """4 GB of zeros in 4 MB."""
    path = paths.examples(workdir, LRR)
    content = forging.read(path)
    huge = np.broadcast_to(np.zeros(1, bool), (2_000_000_000,))
    with path.open("wb") as file:
        np.savez_compressed(file, **content, more=huge[:400_000_000])
    return path


def mask_that_fills_the_memory(workdir):
    path = paths.mask(workdir, LRR, 1)
    np.savez_compressed(path, **{LAYERS[0]: np.ones(300_000_000, bool)})
    return path


def missing_mask(workdir):
    path = paths.mask(workdir, LRR, 1)
    path.unlink()
    return path


def mask_of_floats(workdir):
    path = paths.mask(workdir, LRR, 1)
    arrays(path, lambda a: a.update({LAYERS[0]: a[LAYERS[0]].astype(np.float32)}))
    return path


def mask_without_a_layer(workdir):
    path = paths.mask(workdir, LRR, 2)
    arrays(path, lambda a: a.pop(LAYERS[0]))
    return path


def table_of_something_else(workdir):
    path = paths.rounds(workdir, LRR)
    pq.write_table(pq.ParquetFile(path).read().drop_columns(["density"]), path)
    return path


def table_of_strings(workdir):
    path = paths.rounds(workdir, LRR)
    found = pq.ParquetFile(path).read()
    at = found.schema.get_field_index("density")
    pq.write_table(found.set_column(at, "density", found["density"].cast("string")), path)
    return path


def table_with_a_column_twice(workdir):
    path = paths.rounds(workdir, LRR)
    found = pq.ParquetFile(path).read()
    pq.write_table(found.append_column("density", found["density"]), path)
    return path


def table_with_a_column_more(workdir):
    path = paths.rounds(workdir, LRR)
    found = pq.ParquetFile(path).read()
    pq.write_table(found.append_column("note", found["density"]), path)
    return path


def table_without_a_seed(workdir):
    path = paths.rounds(workdir, LRR)
    found = pq.ParquetFile(path).read()
    at = found.schema.get_field_index("seed")
    nothing = pa.nulls(found.num_rows, pa.int64())
    pq.write_table(found.set_column(at, "seed", nothing), path)
    return path


def table_of_three_million_rows(workdir):
    path = paths.rounds(workdir, LRR)
    found = pq.ParquetFile(path).read().slice(0, 1)
    pq.write_table(pa.concat_tables([found] * 1000).combine_chunks(), path)
    return path


def no_table(workdir):
    path = paths.rounds(workdir, LRR)
    path.write_text("no parquet")
    return path


def missing_manifest(workdir):
    path = paths.manifest(workdir, LRR)
    path.unlink()
    return path


def manifest_of_something_else(workdir):
    path = paths.manifest(workdir, LRR)
    path.write_text('{"rounds": [{"round": "0"}]}')
    return path


def foreign_cell(workdir):
    path = workdir / "cells" / "lrr" / "noise=0.7" / "seed=0"
    path.mkdir(parents=True)
    return path.parent


def stray_file_beside_the_cells(workdir):
    path = workdir / "notes.txt"
    path.write_text("mine")
    return path


def stray_file_in_a_cell(workdir):
    path = paths.cell(workdir, LRR) / "examples.npz.bak"
    path.write_text("old")
    return path


def mask_of_a_later_round(workdir):
    path = paths.mask(workdir, LRR, 3)
    shutil.copy(paths.mask(workdir, LRR, 2), path)
    return path


def link_in_the_place_of_a_file(workdir):
    path, elsewhere = paths.examples(workdir, LRR), workdir.parent / "elsewhere.npz"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    return path


def gap_in_the_rounds(workdir):
    rows(workdir, LRR, lambda content: content.pop(1))
    return paths.rounds(workdir, LRR)


def round_after_a_diverged_one(workdir):
    return row(workdir, LRR, 1, diverged=True)


def round_after_a_collapsed_one(workdir):
    """By the rule that config.json has: then its second round of these is the last."""
    settings(workdir, lambda e: e["algorithms"]["lrr"].update(collapsed=1.0))
    return paths.rounds(workdir, LRR)


def round_too_many(workdir):
    shutil.copy(paths.mask(workdir, LRR, 2), paths.mask(workdir, LRR, 3))
    shutil.copy(paths.params(workdir, LRR, 2), paths.params(workdir, LRR, 3))
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a.update({n: a[n][[0, 1, 2, 2]] for n in OVER_ROUNDS}))
    rows(workdir, LRR, lambda content: content.append({**content[-1], "round": 3}))
    return paths.rounds(workdir, LRR)


def row_of_another_cell(workdir):
    path = row(workdir, LRR, 1, seed=1)
    union = paths.union(workdir)  # it is not what this is about
    cellfiles.write_rows(union, [r for r in table(union) if r["seed"] == 0])
    return path


def weights_remaining(workdir):
    return row(workdir, LRR, 2, weights_remaining=7)


def density(workdir):
    return row(workdir, LRR, 1, density=0.8001)


def other_densities(workdir):
    settings(workdir, lambda e: e["algorithms"]["lrr"]["densities"].__setitem__(2, 0.5))
    return paths.mask(workdir, LRR, 2)


def other_criterion(workdir):
    return row(workdir, LRR, 0, criterion="random")


def other_rewind(workdir):
    return row(workdir, LRR, 2, rewind="weights")


def other_data_set(workdir):
    for cell in every():
        row(workdir, cell, 0, dataset="mnist")
    return paths.rounds(workdir, LRR)


def other_model(workdir):
    return row(workdir, LRR, 1, model="resnet20")


def other_noise_kind(workdir):
    return row(workdir, LRR, 1, noise_kind="pairflip")


def other_schedule(workdir):
    return row(workdir, LRR, 1, schedule="step")


def other_width(workdir):
    return row(workdir, LRR, 1, width=0.5)


def other_examples_left_out(workdir):
    return row(workdir, LRR, 1, without="noisy")


def control_of_another(workdir):
    return row(workdir, LRR, 1, control_of="random", control_round=1)


def more_epochs(workdir):
    return row(workdir, LRR, 2, epochs_trained=7.0)


def weight_that_returns(workdir):
    swap(workdir, LRR, 1, (2,), LAYERS[0], LAYERS[0])
    return paths.mask(workdir, LRR, 2)


def other_weight_than_the_smallest(workdir):
    swap(workdir, LRR, None, (2,), LAYERS[0], LAYERS[0])
    return paths.mask(workdir, LRR, 2)


def other_weight_than_moved_least(workdir):
    swap(workdir, of("movement"), None, (1, 2), LAYERS[0], LAYERS[0])
    return paths.mask(workdir, of("movement"), 1)


def weight_of_another_layer(workdir):
    swap(workdir, of("layerwise"), None, (2,), LAYERS[0], LAYERS[1])
    return paths.mask(workdir, of("layerwise"), 2)


def masks_of_another_criterion(workdir):
    """A run with random pruning is passed off as one by magnitude."""
    cell, random = LRR, of("random")
    forging.copy_cell(workdir, random, cell)
    rows(workdir, cell, lambda content: [r.update(criterion="magnitude") for r in content])
    return paths.mask(workdir, cell, 1)


def other_mask_than_its_source(workdir):
    swap(workdir, of("reinit"), 1, (1,), LAYERS[0], LAYERS[0])
    return paths.mask(workdir, of("reinit"), 1)


def other_counts_than_its_source(workdir):
    swap(workdir, of("shuffled"), 2, (2,), LAYERS[0], LAYERS[1])
    return paths.mask(workdir, of("shuffled"), 2)


def mask_that_was_not_shuffled(workdir):
    source, cell = of("lottery"), of("shuffled")
    for r in (1, 2):
        shutil.copy(paths.mask(workdir, source, r), paths.mask(workdir, cell, r))
        shutil.copy(paths.params(workdir, source, r), paths.params(workdir, cell, r))
    forge(workdir, cell)
    return paths.mask(workdir, cell, 1)


def pruned_in_an_excluded_layer(workdir):
    swap(workdir, LRR, 1, (1, 2), LAYERS[2], LAYERS[0])
    return paths.mask(workdir, LRR, 1)


def weight_more_than_the_mask_leaves(workdir):
    path = paths.params(workdir, LRR, 2)
    arrays(path, lambda params: params.update({LAYERS[1]: np.append(params[LAYERS[1]], [0])}))
    return path


def parameters_of_another_shape(workdir):
    path = paths.params(workdir, LRR, 1)
    arrays(path, lambda params: params.update({LAYERS[1]: params[LAYERS[1]][None]}))
    return path


def parameters_of_another_type(workdir):
    path = paths.params(workdir, LRR, 1)
    arrays(path, lambda p: p.update({LAYERS[1]: p[LAYERS[1]].astype(np.float64)}))
    return path


def parameters_without_a_bias(workdir):
    path = paths.params(workdir, LRR, 2)
    arrays(path, lambda params: params.pop("Dense_1/bias"))
    return path


def parameter_that_is_not_finite(workdir):
    path = paths.params(workdir, LRR, 2)
    arrays(path, lambda params: params["Dense_1/bias"].__setitem__(0, np.nan))
    forge(workdir, LRR)
    return path


def missing_parameters(workdir):
    path = paths.params(workdir, LRR, 1)
    path.unlink()
    return path


def missing_anchor(workdir):
    path = paths.anchor(workdir, LRR)
    path.unlink()
    return path


def other_parameters(workdir):
    last_digit(workdir, LRR, 2, "Dense_1/bias")
    return paths.manifest(workdir, LRR)


def other_anchor(workdir):
    arrays(paths.anchor(workdir, LRR), lambda p: p["Dense_1/bias"].__iadd__(np.float32(0.1)))
    return paths.manifest(workdir, LRR)


def other_parameters_with_hashes_that_fit(workdir):
    """The rounds after them then do not begin with them, unless these are forged, too."""
    last_digit(workdir, LRR, 1, "Dense_1/bias")
    end = manifest.read(workdir, LRR)[1].states.end
    forge(workdir, LRR)
    last = {"Dense_1/bias": end["params/Dense_1/bias"]}
    forging.states(workdir, LRR, 2, last={f"params/{n}": own for n, own in last.items()})
    return paths.manifest(workdir, LRR)


def distance(workdir):
    return row(workdir, LRR, 1, distance=3.0)


def weights_that_were_not_rewound(workdir):
    cell = of("lottery")
    states = manifest.read(workdir, cell)[1].states
    kept = {n: own for n, own in states.last.items() if n.startswith("params/")}
    forging.states(workdir, cell, 1, start=kept)
    return paths.manifest(workdir, cell)


def weights_that_were_rewound(workdir):
    states = manifest.read(workdir, LRR)[2].states
    forging.states(workdir, LRR, 2, start=states.anchor)
    return paths.manifest(workdir, LRR)


def learning_rate_that_was_not_rewound(workdir):
    forging.states(workdir, LRR, 1, start={"step": "6"}, end={"step": "12"})
    forging.states(workdir, LRR, 2, last={"step": "12"})
    return paths.manifest(workdir, LRR)


def fine_tuning_with_a_rewound_learning_rate(workdir):
    cell = of("finetune")
    forging.states(workdir, cell, 1, start={"step": "0"}, end={"step": "6"})
    forging.states(workdir, cell, 2, last={"step": "6"})
    return paths.manifest(workdir, cell)


def a_round_of_more_steps(workdir):
    forging.states(workdir, LRR, 2, end={"step": "7"})
    return paths.manifest(workdir, LRR)


def weights_that_were_not_drawn_anew(workdir):
    cell = of("reinit")
    states = manifest.read(workdir, cell)[1].states
    forging.states(
        workdir, cell, 1, start={f"params/{LAYERS[1]}": states.last[f"params/{LAYERS[1]}"]}
    )
    return paths.manifest(workdir, cell)


def optimizer_that_is_not_fresh(workdir):
    start = manifest.read(workdir, LRR)[1].states.start
    name = next(name for name in start if name.startswith("optimizer/"))
    forging.states(workdir, LRR, 1, start={name: "0" * 16})
    return paths.manifest(workdir, LRR)


def rewind_to_a_later_step(workdir):
    """As config.json has it; nothing else in the run is of it."""
    settings(workdir, lambda e: e["algorithms"]["lottery"].update(rewind_to="1it"))
    return paths.manifest(workdir, of("lottery"))


def state_without_a_leaf(workdir):
    forging.entries(workdir, LRR, lambda own: own[1].states.end.pop("params/Dense_1/bias"))
    return paths.manifest(workdir, LRR)


def flag(workdir):
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a["is_noisy"].__setitem__(5, not a["is_noisy"][5]))
    return path


def one_noisy_label_too_many(workdir):
    def change(a):
        clean = np.flatnonzero(~a["is_noisy"])[0]
        a["is_noisy"][clean] = True
        a["label"][clean] = (a["true_label"][clean] + 1) % 10

    for cell in every():
        examples(workdir, cell, change)
    return paths.examples(workdir, LRR)


def noise_kind_says(workdir, always_wrong):
    """Writes into config.json whether a label drawn anew is never the true one."""
    path = workdir / "config.json"
    content = {**json.loads(path.read_text()), "noise_always_wrong": always_wrong}
    if always_wrong is None:
        del content["noise_always_wrong"]
    path.write_text(json.dumps(content))


def true_label_drawn_again(workdir):
    """As if noise had drawn the true label of an example, which is clean at the lower rate."""
    clean = ~forging.read(paths.examples(workdir, Cell("lrr", 0.1, 0)))["is_noisy"]

    def change(a):
        at = np.flatnonzero(a["is_noisy"] & clean)[0]
        a["is_noisy"][at] = False
        a["label"][at] = a["true_label"][at]

    for cell in every():
        examples(workdir, cell, change)
    return paths.examples(workdir, LRR)


def one_noisy_label_too_few(workdir):
    noise_kind_says(workdir, True)
    return true_label_drawn_again(workdir)


def noise_realised(workdir):
    return row(workdir, LRR, 1, noise_realised=0.2)


def clean_accuracy(workdir):
    return row(workdir, LRR, 1, clean_accuracy=0.123)


def train_true_accuracy(workdir):
    return row(workdir, LRR, 1, train_true_accuracy=0.123)


def train_examples(workdir):
    return row(workdir, LRR, 1, train_examples=5)


def train_loss(workdir):
    return row(workdir, LRR, 2, train_loss=0.5)


def loss_that_is_not_finite(workdir):
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a["train_loss"].__setitem__((2, 0), np.inf))
    return row(workdir, LRR, 2, train_loss=np.inf)


def predictions_of_another_network(workdir):
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a.update(test_prediction=(a["test_prediction"] + 1) % 10))
    arrays(path, lambda a: a["test_prediction"][0].__isub__(1))
    arrays(path, lambda a: a["test_prediction"][0].__imod__(10))
    return paths.rounds(workdir, LRR)


def validation_accuracy_above_1(workdir):
    return row(workdir, LRR, 1, validation_accuracy=1.5)


def validation_accuracy_of_nothing(workdir):
    return row(workdir, LRR, 1, validation_accuracy=np.nan)


def validation_accuracy_of_half_an_example(workdir):
    return row(workdir, LRR, 1, validation_accuracy=0.525)  # of 20


def more_recovered_than_is_left(workdir):
    return row(workdir, LRR, 2, noisy_recovered=1.0, train_true_accuracy=1.0)


def negative_loss(workdir):
    return row(workdir, LRR, 1, test_loss=-0.1)


def negative_time(workdir):
    return row(workdir, LRR, 1, seconds=-1.0)


def prediction_of_no_class(workdir):
    def change(a):
        wrong = np.flatnonzero(a["test_prediction"][1] != a["test_label"])[0]
        a["test_prediction"][1, wrong] = 11

    path = paths.examples(workdir, LRR)
    arrays(path, change)
    return path


def image_twice(workdir):
    for cell in (*every(), *(cell._replace(noise_rate=0.1) for cell in every())):
        arrays(paths.examples(workdir, cell), lambda a: a["index"].__setitem__(0, a["index"][1]))
    return paths.examples(workdir, LRR)


def other_images_at_one_rate(workdir):
    for cell in every():
        arrays(paths.examples(workdir, cell), lambda a: a.update(index=a["index"][::-1]))
    return paths.examples(workdir, LRR)


def other_true_labels_at_one_rate(workdir):
    def change(a):
        noisy = np.flatnonzero(a["is_noisy"])[0]
        others = {*range(10)} - {int(a["label"][noisy]), int(a["true_label"][noisy])}
        a["true_label"][noisy] = min(others)

    for cell in every():
        arrays(paths.examples(workdir, cell), change)
    return paths.examples(workdir, LRR)


def labels_of_another_order(workdir):
    def change(a):
        a["test_label"] = a["test_label"][::-1]
        a["test_prediction"] = a["test_prediction"][:, ::-1]

    path = paths.examples(workdir, of("reinit"))
    arrays(path, change)
    return path


def other_round_0(workdir):
    change = lambda a: a["train_loss"].__setitem__((0, 3), a["train_loss"][0, 3] + 1e-6)  # noqa: E731
    return examples(workdir, of("reinit"), change)


def other_validation_in_round_0(workdir):
    return row(workdir, of("reinit"), 0, validation_accuracy=0.05)


def other_el2n(workdir):
    path = paths.examples(workdir, of("reinit"))
    arrays(path, lambda a: a["el2n"].__setitem__(0, 0.5))
    return path


def other_label(workdir):
    def change(a):
        noisy = np.flatnonzero(a["is_noisy"])[0]
        others = {*range(10)} - {int(a["label"][noisy]), int(a["true_label"][noisy])}
        a["label"][noisy] = min(others)

    path = paths.examples(workdir, of("reinit"))
    arrays(path, change)
    return path


def label_that_is_another_at_a_higher_rate(workdir):
    low = forging.read(paths.examples(workdir, Cell("lrr", 0.1, 0)))
    at = np.flatnonzero(low["is_noisy"])[0]
    new = min({*range(10)} - {int(low["true_label"][at]), int(low["label"][at])})
    for cell in every():
        arrays(paths.examples(workdir, cell), lambda a: a["label"].__setitem__(at, new))
    return paths.examples(workdir, LRR)


def other_mean_of_el2n(workdir):
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a["el2n_mean"].__setitem__(3, 0.25))
    return path


def no_mean_of_el2n(workdir):
    path = paths.examples(workdir, LRR)
    arrays(path, lambda a: a.pop("el2n_mean"))
    return path


def union_with_another_number(workdir):
    path = paths.union(workdir)
    content = table(path)
    content[3]["test_accuracy"] = 2.0
    cellfiles.write_rows(path, content)
    return path


def union_that_lacks_a_row(workdir):
    path = paths.union(workdir)
    cellfiles.write_rows(path, table(path)[1:])
    return path


def union_with_a_row_twice(workdir):
    path = paths.union(workdir)
    content = table(path)
    cellfiles.write_rows(path, [*content, content[0]])
    return path


def no_union(workdir):
    path = paths.union(workdir)
    path.unlink()
    return path


def union_of_a_cell_that_is_gone(workdir):
    shutil.rmtree(paths.cell(workdir, LRR))
    return paths.union(workdir)


TAMPERING = {
    hash_of_the_configuration: (CONFIG,),
    unreadable_configuration: (CONFIG,),
    foreign_configuration: (CONFIG,),
    algorithm_outside_the_workdir: (CONFIG,),
    algorithm_at_the_root: (CONFIG,),
    number_for_a_list: (CONFIG,),
    list_for_a_name: (CONFIG,),
    ten_thousand_lists: (CONFIG,),
    a_billion_cells: (CONFIG,),
    masks_of_nobody: (CONFIG,),
    truncated_examples: (FILES,),
    examples_without_an_array: (FILES,),
    examples_of_another_size: (FILES,),
    examples_without_the_last_round: (FILES,),
    examples_that_fill_the_memory: (FILES,),
    mask_that_fills_the_memory: (FILES,),
    missing_mask: (FILES,),
    mask_of_floats: (FILES,),
    mask_without_a_layer: (FILES,),
    table_of_something_else: (FILES,),
    table_of_strings: (FILES,),
    table_with_a_column_twice: (FILES,),
    table_with_a_column_more: (FILES,),
    table_without_a_seed: (FILES,),
    table_of_three_million_rows: (FILES,),
    no_table: (FILES,),
    missing_manifest: (FILES,),
    manifest_of_something_else: (FILES,),
    foreign_cell: (STRAYS,),
    stray_file_beside_the_cells: (STRAYS,),
    stray_file_in_a_cell: (STRAYS,),
    mask_of_a_later_round: (STRAYS,),
    link_in_the_place_of_a_file: (STRAYS,),
    gap_in_the_rounds: (ROUNDS,),
    round_after_a_diverged_one: (ROUNDS,),
    round_after_a_collapsed_one: (ROUNDS,),
    round_too_many: (ROUNDS, STRAYS),
    row_of_another_cell: (ROUNDS,),
    weights_remaining: (COUNTS,),
    density: (COUNTS,),
    other_densities: (DENSITIES, CRITERION),
    other_criterion: (COLUMNS,),
    other_rewind: (COLUMNS,),
    other_data_set: (COLUMNS,),
    other_model: (COLUMNS,),
    other_noise_kind: (COLUMNS,),
    other_schedule: (COLUMNS,),
    other_width: (COLUMNS,),
    other_examples_left_out: (COLUMNS,),
    control_of_another: (COLUMNS,),
    more_epochs: (COLUMNS,),
    weight_that_returns: ("no pruned weight returns", CRITERION),
    other_weight_than_the_smallest: (CRITERION,),
    other_weight_than_moved_least: (CRITERION,),
    weight_of_another_layer: (LAYERWISE, CRITERION),
    masks_of_another_criterion: (CRITERION,),
    other_mask_than_its_source: (SOURCE,),
    other_counts_than_its_source: (SOURCE,),
    mask_that_was_not_shuffled: (SOURCE,),
    pruned_in_an_excluded_layer: ("excluded layers are whole", CRITERION),
    weight_more_than_the_mask_leaves: (PARAMS,),
    parameters_of_another_shape: (PARAMS,),
    parameters_of_another_type: (PARAMS,),
    parameters_without_a_bias: (PARAMS,),
    parameter_that_is_not_finite: (PARAMS,),
    missing_parameters: (PARAMS, SUMS),
    missing_anchor: (PARAMS,),
    other_parameters: (SAVED,),
    other_anchor: (SAVED,),
    other_parameters_with_hashes_that_fit: (CHAINED, SAVED, STATES),
    distance: (DISTANCES,),
    weights_that_were_not_rewound: (STATES,),
    weights_that_were_rewound: (STATES,),
    learning_rate_that_was_not_rewound: (STATES,),
    fine_tuning_with_a_rewound_learning_rate: (STATES,),
    a_round_of_more_steps: (STATES,),
    weights_that_were_not_drawn_anew: (STATES,),
    optimizer_that_is_not_fresh: (STATES,),
    rewind_to_a_later_step: (STATES, COLUMNS),
    state_without_a_leaf: (STATES, SAVED),
    flag: (MARKED,),
    one_noisy_label_too_many: (NOISY,),
    one_noisy_label_too_few: (NOISY,),
    noise_realised: (NOISY,),
    train_examples: (LEFT_OUT,),
    clean_accuracy: (ACCURACIES,),
    train_true_accuracy: (ACCURACIES,),
    predictions_of_another_network: (TESTED,),
    train_loss: (LOSSES,),
    loss_that_is_not_finite: (LOSSES,),
    validation_accuracy_above_1: (NUMBERS,),
    validation_accuracy_of_nothing: (NUMBERS,),
    validation_accuracy_of_half_an_example: (NUMBERS,),
    more_recovered_than_is_left: (NUMBERS, ACCURACIES),
    negative_loss: (NUMBERS,),
    negative_time: (NUMBERS,),
    prediction_of_no_class: (LABELS,),
    image_twice: (LABELS,),
    other_images_at_one_rate: (DATA,),
    other_true_labels_at_one_rate: (DATA,),
    labels_of_another_order: (SHARED,),
    other_round_0: (SHARED,),
    other_validation_in_round_0: (SHARED,),
    other_el2n: (SHARED,),
    other_label: (SHARED,),
    label_that_is_another_at_a_higher_rate: (NESTED,),
    other_mean_of_el2n: (EL2N,),
    no_mean_of_el2n: (EL2N,),
    union_with_another_number: (UNION,),
    union_that_lacks_a_row: (UNION,),
    union_with_a_row_twice: (UNION,),
    no_union: (UNION,),
    union_of_a_cell_that_is_gone: (UNION,),
}
"""Each way to tamper with the checks that find it, the first of which names the file."""


def check(workdir, tamper, kinds):
    time.sleep(0.02)  # more than the step of the clock of a file system
    begin = time.time_ns() - 10_000_000
    path = tamper(workdir)
    edited = _edited(workdir, path)
    forging.renew(workdir, begin)
    found = verified.violations(examine.examine(workdir))
    assert {*found} == {*kinds}, found
    named = [message for message in found[kinds[0]] if message.startswith(f"{path}")]
    assert named, found
    assert all(message.isprintable() for messages in found.values() for message in messages)
    return edited


def _edited(workdir, path):
    """What the sums of a cell say of the file that was tampered with."""
    try:
        about = described.described(workdir)
    except Damaged:
        return []
    cells = {paths.cell(workdir, cell): cell for cell in about.experiment.cells}
    cell = next((cells[place] for place in path.parents if place in cells), None)
    record = recorded.read(workdir, about, cell)[0] if cell else None
    return [message for message in sums.unedited(record) if message] if record else []


@pytest.mark.parametrize("tamper", TAMPERING, ids=lambda tamper: tamper.__name__)
def test_tampering_is_found_without_its_sum(finished, tmp_path, tamper):
    """And with it: unless the manifest is renewed, everything is found that a cell's files say."""
    workdir = Path(shutil.copytree(finished, tmp_path / "run", symlinks=True))
    kinds = TAMPERING[tamper]
    edited = check(workdir, tamper, kinds)
    # But for what is not of the sums of a cell, and the anchor, which has hashes of leaves.
    else_found = (CONFIG, STRAYS, FILES, UNION, EL2N)
    assert edited or kinds[0] in else_found or tamper in (missing_anchor, other_anchor)


# Ways that need two seeds, or examples that other cells decide.

OTHER = Cell("lrr", 0.3, 1)


def seed_that_is_a_copy(workdir):
    for name in verified.SEEDS:
        source = LRR._replace(algorithm=name)
        forging.copy_cell(workdir, source, source._replace(seed=1))
    return paths.manifest(workdir, OTHER)


def other_examples_than_improved_most(workdir):
    cell = LRR._replace(algorithm="without_top_improved_01")

    def change(a):
        a["used"] = np.roll(a["used"], 1)

    return examples(workdir, cell, change)


def mean_over_other_labels(workdir):
    """As if every seed counted, whatever label it gives."""
    cells = [LRR, OTHER]
    both = [forging.read(paths.examples(workdir, cell))["el2n"] for cell in cells]
    new = np.stack(both).mean(0, dtype=np.float64).astype(np.float32)
    arrays(paths.examples(workdir, LRR), lambda a: a.update(el2n_mean=new))
    return paths.examples(workdir, LRR)


def other_initialisation(workdir):
    cell = OTHER._replace(algorithm="without_random_01")
    start = manifest.read(workdir, cell)[0].states.start
    new = {name: "0" * 16 for name in start if name == f"params/{LAYERS[0]}"}
    forging.states(workdir, cell, 0, start=new, anchor=new)
    return paths.manifest(workdir, cell)


@pytest.mark.parametrize(
    ("tamper", "kinds"),
    [
        (seed_that_is_a_copy, (APART, EL2N, REMOVED)),
        (other_examples_than_improved_most, (REMOVED,)),
        (mean_over_other_labels, (EL2N,)),
        (other_initialisation, (APART, SAVED)),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_tampering_with_seeds_is_found(seeds, tmp_path, tamper, kinds):
    workdir = Path(shutil.copytree(seeds, tmp_path / "run"))
    check(workdir, tamper, kinds)


# The chain itself.


def test_a_manifest_of_another_experiment_is_found(finished, tmp_path):
    """A run cannot be passed off as one of another configuration, sums and all."""
    workdir = Path(shutil.copytree(finished, tmp_path / "run"))
    settings(workdir, lambda e: e["recipe"].update(learning_rate=0.3))
    found = verified.violations(examine.examine(workdir))
    assert [*found] == [SUMS]
    assert len(found[SUMS]) == verified.CELLS  # where each of the chains begins


def test_exchanged_cells_are_found(finished, tmp_path):
    """lrr and random in each other's place, with rows that say so, and sums as they were."""
    workdir = Path(shutil.copytree(finished, tmp_path / "run"))
    one, other = paths.cell(workdir, LRR), paths.cell(workdir, of("random"))
    os.rename(one, tmp_path / "one")
    os.rename(other, one)
    os.rename(tmp_path / "one", other)
    for cell, criterion in ((LRR, "magnitude"), (of("random"), "random")):
        new = {"algorithm": cell.algorithm, "criterion": criterion}
        rows(workdir, cell, lambda content, new=new: [r.update(new) for r in content])
    assert {*verified.violations(examine.examine(workdir))} == {SUMS, CRITERION}
    forging.renew(workdir)
    assert {*verified.violations(examine.examine(workdir))} == {CRITERION}


@pytest.mark.parametrize("part", ["row", "examples", "mask", "params", "previous", "sum"])
def test_an_edited_sum_is_found(finished, tmp_path, part):
    workdir = Path(shutil.copytree(finished, tmp_path / "run"))
    path = paths.manifest(workdir, LRR)
    content = json.loads(path.read_text())
    old = content["rounds"][1][part]
    content["rounds"][1][part] = old[:-1] + ("0" if old[-1] != "0" else "1")
    path.write_text(json.dumps(content))
    found = verified.violations(examine.examine(workdir))
    assert [*found] == [SUMS]
    assert any(message.startswith(f"{path}: round 1: ") for message in found[SUMS])


def test_a_forger_changes_the_sum_of_the_run(finished, tmp_path):
    """That is why it is to be kept elsewhere."""
    workdir = Path(shutil.copytree(finished, tmp_path / "run"))
    before = examine.examine(workdir).sum
    row(workdir, LRR, 1, validation_loss=0.5)
    forging.renew(workdir)
    after = examine.examine(workdir)
    assert after.holds
    assert after.sum != before


@pytest.mark.parametrize("always_wrong", [False, None])
def test_fewer_labels_may_be_noisy_where_the_true_one_may_be_drawn(
    finished, tmp_path, always_wrong
):
    """Or where that is not known, as in the config.json of an older version."""
    workdir = Path(shutil.copytree(finished, tmp_path / "run"))

    def found():
        forging.renew(workdir)
        return [*verified.violations(examine.examine(workdir))]

    true_label_drawn_again(workdir)
    noise_kind_says(workdir, always_wrong)
    assert not found()
    one_noisy_label_too_many(workdir)
    assert not found()  # one less and one more
    one_noisy_label_too_many(workdir)
    assert found() == [NOISY]
