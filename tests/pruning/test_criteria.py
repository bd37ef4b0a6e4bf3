"""Criteria: each against its formula in NumPy, and the laws that all keep."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from pruning_jax import masks, plugins
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Engine
from pruning_jax.pruning.evidence import Evidence, check
from pruning_jax.pruning.prune import Choice
from pruning_jax.pruning.prune import score as scores_of
from pruning_jax.testing import tiny

SIZE = 20  # of the scoring batch


def score(recipe, images, replica, *names, which=0, round_=1):
    """Scores as the driver takes them."""
    choice = Choice(
        criterion=np.int32(which),
        layerwise=np.bool_(False),
        keep=np.int32(0),
        keeps=np.zeros(3, np.int32),
        excluded=np.zeros(3, bool),
        round=np.int32(round_),
        steps=np.int32(1),
    )
    program = jax.jit(scores_of, static_argnums=(0, 1, 2))
    return program(recipe, names, SIZE, replica, images, choice)


def network(params, mask):
    return reference.layers(masks.apply(mask, params))


def batch(replica, images):
    return reference.normalised(images)[:SIZE], replica.labels[:SIZE]


def weights(params):
    """The kernels alone, float64."""
    return [w for w, _ in reference.layers(params)]


def magnitude(replica, images):
    return [abs(w) for w in weights(replica.state.params)]


def inverse_magnitude(replica, images):
    return [-abs(w) for w in weights(replica.state.params)]


def movement(replica, images):
    pairs = zip(weights(replica.state.params), weights(replica.anchor.params), strict=True)
    return [abs(w - a) for w, a in pairs]


def saliency(replica, images):
    trained = replica.state.params
    gradient = reference.gradient(network(trained, replica.mask), *batch(replica, images))
    alive = [np.asarray(m) for m in jax.tree.leaves(replica.mask)]
    return [
        abs(w * g) * m for (w, (g, _), m) in zip(weights(trained), gradient, alive, strict=True)
    ]


def snip(replica, images):
    return saliency(replica._replace(state=replica.anchor), images)


def grasp(replica, images):
    """w * (H g) with the whole Hessian."""
    flat, unravel = jax.flatten_util.ravel_pytree(replica.anchor.params)
    x, y = batch(replica, images)

    def loss(flat):
        out = jnp.float32(x.reshape(SIZE, -1))
        for name, layer in sorted(unravel(flat).items()):
            weights = layer["kernel"] * replica.mask[name]["kernel"]
            out = (out if name == "Dense_0" else jax.nn.relu(out)) @ weights
            out = out + jnp.broadcast_to(layer["bias"], out.shape)
        return -jnp.mean(jnp.sum(jax.nn.log_softmax(out) * jnp.eye(3)[y], 1))

    hessian, gradient = (np.float64(jax.jit(f(loss))(flat)) for f in (jax.hessian, jax.grad))
    return weights(unravel(jnp.float32(np.float64(flat) * (hessian @ gradient))))


def synflow(replica, images):
    """The sum over all paths through a weight of the products of what lies on them."""
    layers = network(replica.anchor.params, replica.mask)
    (w1, b1), (w2, b2), (w3, _) = [(abs(w), abs(b)) for w, b in layers]
    ones = np.ones(len(w1))
    to_second = w1.T @ ones + b1
    return [
        np.einsum("i,ij,jk,kl->ij", ones, w1, w2, w3),
        np.einsum("j,jk,kl->jk", to_second, w2, w3),
        np.einsum("k,kl->kl", np.einsum("j,jk->k", to_second, w2) + b2, w3),
    ]


FORMULAS = (magnitude, inverse_magnitude, movement, saliency, snip, grasp, synflow)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.__name__)
def test_scores_are_those_of_the_formula(formula, recipe, images, own):
    scores = weights(score(recipe, images, own, formula.__name__))
    for got, want in zip(scores, formula(own, images), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * abs(want).max())


def test_grasp_is_the_same_however_convolutions_are_computed():
    """The package's own gradient of convolutions can be differentiated backward only."""
    found = {}
    for convolution in ("native", "gradient"):
        recipe = dataclasses.replace(tiny.RECIPE, engine=Engine(convolution=convolution))
        replica = tiny.replica(recipe, 0)
        found[convolution] = score(recipe, tiny.images(), replica, "grasp")
    for got, want in zip(*map(jax.tree.leaves, found.values()), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * abs(want).max())
        assert abs(want).max() > 0


@pytest.mark.parametrize("name", plugins.CRITERIA.names)
def test_every_parameter_has_a_finite_score_that_repeats(name, recipe, images, own):
    scores = score(recipe, images, own, name)
    check(name, scores, own.state.params)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(scores))
    again = score(recipe, images, own, name)
    jax.tree.map(np.testing.assert_array_equal, scores, again)


def test_a_choice_picks_one_of_several_criteria(recipe, images, own):
    names = ("inverse_magnitude", "magnitude")
    for which, name in enumerate(names):
        chosen = score(recipe, images, own, *names, which=which)
        jax.tree.map(np.testing.assert_array_equal, chosen, score(recipe, images, own, name))


def random(params, key):
    evidence = Evidence(params, *[None] * 7, key)
    return np.concatenate(
        [leaf.ravel() for leaf in weights(plugins.CRITERIA.find("random")(evidence))]
    )


def test_random_scores_differ_per_seed_and_repeat(own):
    one, same, other = (random(own.state.params, jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2
    assert len(set(one)) == len(one)


def test_random_scores_differ_per_round(recipe, images, own):
    one, two = (weights(score(recipe, images, own, "random", round_=r)) for r in (1, 2))
    assert all((a != b).all() for a, b in zip(one, two, strict=True))


def test_synflow_takes_no_notice_of_batch_norm_statistics(own):
    def flow(mean, var):
        evidence = Evidence(
            weights=None,
            anchor={"Dense_0": {"kernel": jnp.array([-2.0, 3.0])}},
            mask=None,
            gradient=None,
            logits=lambda p, x, s: (
                (p["Dense_0"]["kernel"] - s["BatchNorm_0"]["mean"]) / s["BatchNorm_0"]["var"]
            ),
            statistics={"BatchNorm_0": {"mean": jnp.full(2, mean), "var": jnp.full(2, var)}},
            anchor_statistics=None,
            images=jnp.zeros((5, 1, 1, 1)),
            key=None,
        )
        return plugins.CRITERIA.find("synflow")(evidence)["Dense_0"]["kernel"]

    np.testing.assert_array_equal(flow(-5.0, 4.0), [2.0, 3.0])


def test_a_criterion_of_the_users_own(tmp_path, monkeypatch, recipe, images, own):
    source = "import jax\ndef negative(e):\n    return jax.tree.map(lambda w: -w, e.weights)\n"
    (tmp_path / "my_criteria.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    scores = score(recipe, images, own, "my_criteria:negative")
    jax.tree.map(lambda s, w: np.testing.assert_array_equal(s, -w), scores, own.state.params)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("magnitud", "did you mean magnitude"),
        ("no_such_module:score", "no_such_module"),
        ("math:no_such_function", "no_such_function"),
        (":score", ":score"),
        (".relative:score", "relative"),
    ],
)
def test_a_criterion_that_is_not_there(name, says):
    with pytest.raises(WrongUse, match=says):
        plugins.CRITERIA.find(name)


def without_bias(scores):
    return {name: {"kernel": layer["kernel"]} for name, layer in scores.items()}


def transposed(scores):
    return jax.tree.map(lambda leaf: leaf.T, scores)


def one_number(scores):
    return jax.tree.map(lambda leaf: 0.0, scores)


@pytest.mark.parametrize("wrong", [without_bias, transposed, one_number, jax.tree.leaves])
def test_scores_of_another_structure_or_shape_raise(wrong, own):
    with pytest.raises(WrongUse, match="mine"):
        check("mine", wrong(own.state.params), own.state.params)
