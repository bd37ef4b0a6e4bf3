"""Wrong use: exit status 2 and one line that says what is wrong and what is right; no file."""

import json
import subprocess

import numpy as np
import processes
import pytest
from processes import SMOKE, in_succession, one_line, run

CRITERIA = """
import jax

def other_structure(evidence):
    return jax.tree.leaves(evidence.weights)

def other_shapes(evidence):
    return jax.tree.map(lambda weight: weight[:5], evidence.weights)

limit = 3

def deeper(weight):
    raise KeyError("no such\\nlayer")

def raises(evidence):
    return jax.tree.map(deeper, evidence.weights)

def rewind(recipe, replica):
    return 1 / 0

def schedule(recipe):
    return None

def build(recipe):
    raise RuntimeError(f"no {recipe.model}")

def relabel(labels, key, num_classes, transition):
    return labels.shapes

def augment(image, key):
    return image[:1]
"""
OWN = "--config.algorithms.lrr."
MATRIX = "--config.noise_kind=matrix"
ENDLESS = ["--config.rounds=9999", "--config.prune_fraction=0.0"]
LONG = "a" * 300
SQUARE = str([[0.1] * 10] * 10)
CHOICES = "grid.algorithms: 'lr' is not one of extended_dense, finetune, "

# What is wrong: the flags, and what the line must say; {tmp} is a folder with a few files.
CASES = {
    # Flags
    "unknown flag": (
        ["--worker=1"],
        "unknown flag --worker; did you mean --workdir? (there are --help, --config.<setting>, ",
        "--config, --distributed, ",
    ),
    "misspelt flag": (["--share=2"], "--share", "did you mean --shares?"),
    "flag without value": (["--shares"], "--shares"),
    "stray words": (["lrr", "random"], "'lrr random'", "begin with --"),
    "workdir without a flag": (["runs/mine"], "did you mean --workdir=runs/mine?"),
    "config without a flag": (["smoke.py"], "did you mean --config=smoke.py?"),
    "no shares": (["--shares=0"], "--shares", "0"),
    "shares that are no number": (["--shares=2/8"], "--shares", "2/8"),
    "no config": (["--config="], "--config", "no such file"),
    "no such config": (["--config={tmp}/no.py"], "no.py", "no such file"),
    "config without .py": (["--config=syntax"], "'syntax'", "did you mean syntax.py?"),
    "misspelt config": (["--config={tmp}/syntacs.py"], "did you mean {tmp}/syntax.py?"),
    "config is a folder": (["--config={tmp}"], "{tmp}", "no such file"),
    "config without function": (["--config={tmp}/empty.py"], "empty.py", "get_config()"),
    "config with an error": (["--config={tmp}/error.py"], "error.py", "line 2", "division by zero"),
    "config that is no Python": (["--config={tmp}/syntax.py"], "syntax.py", "line 1"),
    "config returns nothing": (["--config={tmp}/nothing.py"], "nothing.py", "get_config()"),
    "config with a misspelt setting": (
        ["--config={tmp}/misspelt.py"],
        "misspelt.py",
        "line 4",
        "'epocs'",
        "did you mean epochs?",
    ),
    "empty workdir": (["--workdir="], "--workdir=runs/digits"),
    # Settings that do not exist
    "unknown setting": (
        ["--config.epoch=3"],
        "'epoch' in --config.epoch; did you mean epochs? (the configuration has ",
        "batch_size",
    ),
    "unknown in grid": (
        ["--config.grid.sedes=3"],
        "unknown setting 'sedes' in --config.grid.sedes; did you mean grid.seeds? ",
        "(grid has algorithms, noise_rates, seeds)",
    ),
    "unknown and like nothing": (
        ["--config.grid.xyz=3"],
        "'xyz' in --config.grid.xyz (grid has algorithms, noise_rates, seeds)",
    ),
    "unknown in save": (["--config.save.param=1"], "'param'", "mean save.params?"),
    "setting of a group": (["--config.seeds=(0,)"], "'seeds'", "did you mean grid.seeds?"),
    "misspelt of a group": (["--config.noise_rate=0"], "did you mean grid.noise_rates?"),
    "setting of no group": (["--config.grid.epoch=3"], "'epoch'", "did you mean epochs?"),
    "unknown in an algorithm": (
        [f"{OWN}rewnd=weights"],
        "'rewnd'",
        "did you mean algorithms.lrr.rewind?",
    ),
    "unknown in a new algorithm": (["--config.algorithms.mine.rewnd=a"], "'rewnd'", "scope"),
    "unknown below a value": (["--config.epochs.x=3"], "'x'", "--config.epochs.x"),
    "unknown in the engine": (["--config.engine.worker=1"], "'worker'", "mean engine.workers?"),
    "unknown way": (["--config.engine.replicas=vmapp"], "'vmapp'", "turns", "did you mean vmap?"),
    "unknown convolution": (["--config.engine.convolution=patch"], "'patch'", "native, patches"),
    "unknown precision": (["--config.precision=float16"], "'float16'", "tensorfloat32"),
    "batch of the mesh": (["--config.engine.batch_devices=7"], "batch_size 50", "7 devices"),
    "no such devices": (["--config.engine.batch_devices=25"], "25 is above the"),
    "negative workers": (["--config.engine.workers=-2"], "engine.workers -2"),
    "augmentation elsewhere": (["--config.augmentations=('resized_crop',)"], "'resized_crop'"),
    "a method is no setting": (["--config.lock=1"], "'lock'"),
    "algorithm that is not used": (["--config.algorithms.lr.rewind=weights"], "did you mean lrr?"),
    # Values of another type
    "text for a whole number": (["--config.epochs=many"], "config.epochs", "'many'", "whole"),
    "fraction for a whole number": (["--config.epochs=1.5"], "config.epochs", "'1.5'", "whole"),
    "text for a number": (["--config.learning_rate=high"], "learning_rate", "'high'", "a number"),
    "text for a truth": (["--config.save.params=perhaps"], "save.params", "'perhaps'", "true"),
    "value for a group": (["--config.grid=3"], "config.grid is a group", "grid.noise_rates"),
    "algorithms of the grid": (
        ["--config.algorithms=('lrr',)"],
        "config.algorithms is a group of settings; did you mean grid.algorithms?",
    ),
    "algorithm not in the grid": (
        ["--config.algorithms.mine.rewind=weights"],
        "grid.algorithms does not name it; add it: ('lrr', ",
        "'random', 'mine')",
    ),
    "own rounds": ([f"{OWN}rounds=some"], "algorithms.lrr.rounds", "'some'", "collapse"),
    "text among noise rates": (["--config.grid.noise_rates=('a',)"], "noise_rates", "'a'"),
    "text among seeds": (["--config.grid.seeds=('a',)"], "grid.seeds", "'a'", "whole number"),
    "text among densities": (["--config.densities=('a',)"], "densities", "'a'"),
    "text among milestones": (
        ["--config.milestones=('a',)", "--config.schedule=step"],
        "milestones",
        "a is outside 1 to 4",
    ),
    "truth among seeds": (["--config.grid.seeds=(True,)"], "grid.seeds: True"),
    "one seed": (["--config.grid.seeds=5"], "grid.seeds: '5' is not a tuple", 'write "(5,)"'),
    "seed after a blank": (["--config.grid.seeds", "5"], "'5' is not a tuple"),
    "one control": (["--config.controls.tie_rounds=2"], "'2' is not a tuple", '"(2,)"'),
    "names with a comma": (
        ["--config.grid.algorithms=lrr,weight_rewinding"],
        "'lrr,weight_rewinding'",
        "write \"('lrr','weight_rewinding')\"",
    ),
    "names without quotes": (["--config.grid.algorithms=(lrr,)"], "write \"('lrr',)\""),
    "layer without a tuple": (["--config.exclude=Dense_2"], "write \"('Dense_2',)\""),
    "augmentation without a tuple": (["--config.augmentations=flip"], "write \"('flip',)\""),
    "an algorithm's layer": ([f"{OWN}exclude=Dense_2"], "lrr.exclude", "write \"('Dense_2',)\""),
    "half a tuple": (["--config.grid.seeds=(0,1"], "'(0,1'", 'write "(0,1)"'),
    # Names
    "long name": (
        [f"--config.algorithms.{LONG}.rewind=finetune", f"--config.grid.algorithms=('{LONG}',)"],
        "300 characters",
    ),
    "names of one folder": (
        ["--config.algorithms.LRR.scope=layerwise", "--config.grid.algorithms=('lrr','LRR')"],
        "'lrr' would share a folder with 'LRR'",
    ),
    "name of a control": (
        [
            "--config.algorithms.lrr_without_noisy.without=noisy",
            "--config.grid.algorithms=('lrr','lrr_without_noisy')",
        ],
        "'lrr_without_noisy' would share a folder with a control of lrr",
    ),
    "name of round 0": (
        ["--config.algorithms.dense.rounds=1", "--config.grid.algorithms=('lrr','dense')"],
        "'dense' is what round 0",
    ),
    "model": (["--config.model=lenet_300"], "'lenet_300'", "did you mean lenet_300_100?"),
    "data set": (["--config.dataset=digit"], "'digit'", "mnist", "did you mean digits?"),
    "criterion": ([f"{OWN}criterion=magnitud"], "'magnitud'", "snip", "did you mean magnitude?"),
    "rewind": ([f"{OWN}rewind=weight"], "'weight'", "finetune", "did you mean weights?"),
    "noise kind": (["--config.noise_kind=pair"], "'pair'", "symmetric", "did you mean pairflip?"),
    "optimizer": (["--config.optimizer=adamm"], "'adamm'", "sgd", "did you mean adam"),
    "schedule": (["--config.schedule=cosin"], "'cosin'", "step", "did you mean cosine?"),
    "scope": (
        ["--config.scope=layers"],
        "'layers'",
        "global, layerwise",
        "did you mean layerwise?",
    ),
    "algorithm": (["--config.grid.algorithms=('lr',)"], CHOICES, "did you mean lrr?"),
    "layer": (["--config.exclude=('Dense2',)"], "'Dense2'", "Dense_0/kernel", "mean Dense_2?"),
    # Numbers
    "density above": (["--config.densities=(1.5,)"], "1.5", "(0, 1]"),
    "density zero": (["--config.densities=(0.5, 0.0)"], "0.0", "(0, 1]"),
    "densities that rise": (["--config.densities=(0.2, 0.5)"], "rise", "as (0.5, 0.2)"),
    "density in per cent": (["--config.densities=(50.0,)"], "a fraction: 50 % is 0.5"),
    "noise rate in per cent": (["--config.grid.noise_rates=(40,)"], "a fraction: 40 % is 0.4"),
    "density of no weight": (
        ["--config.densities=(0.5,0.4,1e-9)"],
        "1e-09",
        "keeps 0 of 50200",
    ),
    "control of no round": (
        ["--config.rounds=1"],
        "controls.width_rounds: 2",
        "1 to 1",
        "--config.controls.width_rounds=",
    ),
    "rewind point": ([f"{OWN}rewind_to=5ep"], "'5ep'", "step 45", "0 to 44"),
    "rewind point in no unit": ([f"{OWN}rewind_to=5"], "'5'", "'2ep', '500it'"),
    "noise rate above": (["--config.grid.noise_rates=(0.1, 1.1)"], "1.1", "[0, 1]"),
    "noise rate below": (["--config.grid.noise_rates=(-0.1,)"], "-0.1", "[0, 1]"),
    "seed twice": (["--config.grid.seeds=(0, 7, 7)"], "seeds", "7", "more than once"),
    "no seed": (["--config.grid.seeds=()"], "grid.seeds is empty"),
    "batch": (["--config.batch_size=451"], "batch_size 451", "450 training examples"),
    "noise rate near 0": (["--config.grid.noise_rates=(1e-300,)"], "noise_rates", "1e-300"),
    "negative split": (["--config.split_seed=-1"], "split_seed -1"),
    "steps of a round": ([f"{OWN}score_steps=1000000000000"], "score_steps", "1000000000000"),
    "endless rounds": (["--config.rounds=1000000000"], "rounds 1000000000", "0 to 9999"),
    "endless dense rounds": (
        ["--config.rounds=collapse", "--config.controls.extended_rounds=1000000000"],
        "extended_rounds 1000000000",
    ),
    "endless epochs": (["--config.epochs=1000000000000000000"], "epochs", "1000000000000000000"),
    "too many steps": (["--config.epochs=2000000000"], "epochs 2000000000", "steps"),
    "infinite rate": (["--config.learning_rate=inf"], "learning_rate: inf"),
    "no number": (["--config.learning_rate=nan"], "learning_rate: nan"),
    "half a step": ([f"{OWN}rewind_to=1.5it"], "'1.5it' is between two steps"),
    "control twice": (["--config.controls.width_rounds=(2,2)"], "width_rounds has 2 more than"),
    "images": (["--config.train_images=1298"], "1298", "1297"),
    "epochs": (["--config.epochs=0"], "epochs 0"),
    "minutes": (["--config.checkpoint_minutes=0"], "checkpoint_minutes 0"),
    "at once": (["--config.replicas_at_once=-1"], "replicas_at_once -1"),
    "matrix missing": ([MATRIX], "transition_matrix"),
    "matrix shape": ([MATRIX, "--config.transition_matrix=[[1.0]]"], "(1, 1)", "(10, 10)"),
    "matrix sum": ([MATRIX, "--config.transition_matrix={tmp}/nine_tenths.npy"], "row 0", "0.9"),
    "matrix file": ([MATRIX, "--config.transition_matrix={tmp}/no.npy"], "no.npy"),
    "matrix of nothing": ([MATRIX, "--config.transition_matrix=/dev/null"], "/dev/null", "read"),
    "complex matrix": (
        [MATRIX, "--config.transition_matrix={tmp}/complex.npy"],
        "complex numbers",
    ),
    "matrix unused": ([f"--config.transition_matrix={SQUARE}"], "'symmetric'", "'matrix'"),
    # A criterion of one's own
    "criterion module": ([f"{OWN}criterion=no_module:f"], "no_module:f", "No module"),
    "criterion function": ([f"{OWN}criterion=own:f"], "own:f", "own has no 'f'"),
    "criterion function misspelt": ([f"{OWN}criterion=own:raise"], "did you mean raises?"),
    "criterion without a module": ([f"{OWN}criterion=own"], "did you mean own:score?"),
    "criterion of nobody": (
        [f"{OWN}criterion=xyz"],
        "one of your own is written as my_module:score",
    ),
    "criterion by its file": (
        [f"{OWN}criterion=own.py:raises"],
        "not written as my_module:score; did you mean own:raises?",
    ),
    "criterion no function": ([f"{OWN}criterion=own:limit"], "own:limit", "not a function"),
    "criterion structure": ([f"{OWN}criterion=own:other_structure"], "own:other_structure"),
    "criterion shapes": ([f"{OWN}criterion=own:other_shapes"], "(5,)", "(300,)", "Dense_0"),
    "criterion raises": (
        [f"{OWN}criterion=own:raises"],
        "criterion 'own:raises' fails in own.py, line 13: KeyError: 'no such\\nlayer'",
        "--debug shows the whole traceback",
    ),
    "rewind raises": ([f"{OWN}rewind=own:rewind"], "own.py, line 19: ZeroDivisionError"),
    "schedule of nothing": (["--config.schedule=own:schedule"], "'own:schedule' fails: TypeError"),
    "model raises": (["--config.model=own:build"], "own.py, line 25: RuntimeError: no own:build"),
    "noise raises": (["--config.noise_kind=own:relabel"], "own.py, line 28: AttributeError"),
    "augmentation of another shape": (
        ["--config.augmentations=('own:augment',)"],
        "'own:augment' makes uint8 (1, 8, 1) of an image uint8 (8, 8, 1)",
    ),
    # The machine
    "workdir is a dangling link": (["--workdir={tmp}/dangling"], "dangling", "leads nowhere"),
    "workdir is a looping link": (["--workdir={tmp}/loop"], "loop", "leads nowhere"),
    "workdir below a looping link": (["--workdir={tmp}/loop/run"], "loop/run", "leads nowhere"),
    "workdir with a long name": (["--workdir={tmp}/" + LONG], LONG, "too long"),
    "workdir below a file": (["--workdir={tmp}/own.py/run"], "own.py/run", "not writable"),
    "workdir is a file": (["--workdir={tmp}/own.py"], "own.py", "not writable"),
    "disk": (
        [*ENDLESS, "--config.save.params", "--config.width=100.0"],
        "free",
        "TB",
    ),
    "data set not prepared": (
        ["--config.dataset=mnist", "--config.data_dir={tmp}"],
        "'mnist'",
        "{tmp}",
        "python -m pruning_jax.prepare --dataset=mnist",
    ),
}

CONFIGS = {
    "empty": "",
    "error": "def get_config():\n    return 1 / 0\n",
    "syntax": "def get_config(:\n",
    "nothing": "def get_config():\n    pass\n",
    "misspelt": (
        "from pruning_jax import defaults\n\ndef get_config():\n"
        "    config = defaults(); config.epocs = 3\n    return config\n"
    ),
}


def outcomes(folder):
    """Runs all cases in a folder with some files; keeps what comes of them in outcomes.json."""
    tmp = folder / "tmp"
    tmp.mkdir(parents=True)
    (tmp / "own.py").write_text(CRITERIA)
    np.save(tmp / "nine_tenths.npy", np.full((10, 10), 0.09))
    np.save(tmp / "complex.npy", np.eye(10) + 0j)
    (tmp / "dangling").symlink_to(tmp / "nothing" / "here")
    (tmp / "loop").symlink_to(tmp / "loop")
    for name, text in CONFIGS.items():
        (tmp / f"{name}.py").write_text(text)
    steps = []
    for arguments, *_ in CASES.values():
        own = [argument.replace("{tmp}", str(tmp)) for argument in arguments]
        steps.append({"arguments": [SMOKE, f"--workdir={tmp / 'run'}", *own]})
    before = sorted(tmp.rglob("*"))
    done = in_succession(steps, cwd=tmp, PYTHONDONTWRITEBYTECODE="1")
    written = [str(path) for path in sorted(tmp.rglob("*")) if path not in before]
    lines = [[each.returncode, each.stdout, each.stderr] for each in done]
    found = dict(zip(CASES, lines, strict=True))
    (folder / "outcomes.json").write_text(json.dumps({"found": found, "written": written}))


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    folder = processes.once(tmp_path_factory, "bad_input", outcomes)
    return json.loads((folder / "outcomes.json").read_text()) | {"tmp": str(folder / "tmp")}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_wrong_use_is_one_line_and_status_2(found, case):
    line = one_line(subprocess.CompletedProcess(case, *found["found"][case]))
    for text in CASES[case][1:]:
        assert text.replace("{tmp}", found["tmp"]) in line
    assert line.startswith("run.py: ")


@pytest.mark.slow
def test_wrong_use_writes_nothing(found):
    assert found["written"] == []


# A few of them as they are typed: in processes that begin from nothing.


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--workdir=runs"], "--config=configs/digits.py"),
        ([SMOKE], "--workdir=runs/digits"),
        ([SMOKE, "--workdir=runs", "--config.model=lenet_300"], "did you mean lenet_300_100?"),
    ],
)
def test_a_command_that_is_typed_wrongly(arguments, says, tmp_path):
    assert says in one_line(run(*arguments, cwd=tmp_path))
    assert not list(tmp_path.iterdir())


def test_planning_refuses_the_same(tmp_path):
    line = one_line(run(SMOKE, "--config.grid.seeds=(0,0)", "--json", command="plan", cwd=tmp_path))
    assert "grid.seeds has 0 more than once" in line
    assert not list(tmp_path.iterdir())


def test_the_traceback_of_ones_own_code_can_be_had(tmp_path):
    (tmp_path / "own.py").write_text(CRITERIA)
    arguments = [SMOKE, "--workdir=runs", f"{OWN}criterion=own:raises", "--debug"]
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert 'own.py", line 13, in deeper' in done.stderr
    assert done.stderr.splitlines()[-1].startswith("run.py: criterion 'own:raises' fails in own.py")
    assert not (tmp_path / "runs").exists()
