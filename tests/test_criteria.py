"""Criteria: each against its formula in NumPy, and the laws that all keep."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from pruning_jax import criteria, masks, programs
from pruning_jax.checks import WrongUse

SIZE = 20  # of the scoring batch


@pytest.fixture(scope="session")
def own(create, stack):
    """One replica: trained weights, an anchor with weights everywhere, a mask of about 60 %."""
    trained, anchor = create(1), create(2)
    uniform = iter(jax.random.split(jax.random.key(3), 10))
    mask = jax.tree.map(
        lambda leaf: jax.random.uniform(next(uniform), leaf.shape) < 0.6, masks.dense(anchor.params)
    )
    trained = trained._replace(params=masks.apply(mask, trained.params))
    return trained, anchor, mask, stack.labels[0], stack.used[0], jax.random.key(4)


def score(recipe, stack, own, *names, which=0, round_=1):
    """Scores as the driver takes them."""
    choice = programs.Choice(which, False, 0, np.zeros(3, np.int32), np.zeros(3, bool), round_, 1)
    # From the host: `stack` lies on two devices, one replica on one.
    own, shared = jax.device_get((own[:5], stack.examples))
    program = jax.jit(programs.score, static_argnums=(0, 1, 2))
    return program(recipe, names, SIZE, (*own, jax.random.key(4)), shared, choice)


def network(params, mask):
    return reference.layers(masks.apply(mask, params))


def batch(stack):
    return reference.images(stack.examples)[:SIZE], np.asarray(stack.labels[0][:SIZE])


def weights(params):
    """The kernels alone, float64."""
    return [w for w, _ in reference.layers(params)]


def magnitude(stack, trained, anchor, mask):
    return [abs(w) for w in weights(trained)]


def inverse_magnitude(stack, trained, anchor, mask):
    return [-abs(w) for w in weights(trained)]


def movement(stack, trained, anchor, mask):
    return [abs(w - a) for w, a in zip(weights(trained), weights(anchor), strict=True)]


def saliency(stack, trained, anchor, mask):
    gradient = reference.gradient(network(trained, mask), *batch(stack))
    alive = [np.asarray(m) for m in jax.tree.leaves(mask)]
    return [
        abs(w * g) * m for (w, (g, _), m) in zip(weights(trained), gradient, alive, strict=True)
    ]


def snip(stack, trained, anchor, mask):
    return saliency(stack, anchor, anchor, mask)


def grasp(stack, trained, anchor, mask):
    """w * (H g) with the whole Hessian."""
    flat, unravel = jax.flatten_util.ravel_pytree(anchor)
    x, y = batch(stack)

    def loss(flat):
        out = jnp.float32(x.reshape(SIZE, -1))
        for name, layer in sorted(unravel(flat).items()):
            weights = layer["kernel"] * mask[name]["kernel"]
            out = (out if name == "Dense_0" else jax.nn.relu(out)) @ weights
            out = out + jnp.broadcast_to(layer["bias"], out.shape)
        return -jnp.mean(jnp.sum(jax.nn.log_softmax(out) * jnp.eye(3)[y], 1))

    hessian, gradient = (np.float64(jax.jit(f(loss))(flat)) for f in (jax.hessian, jax.grad))
    return weights(unravel(jnp.float32(np.float64(flat) * (hessian @ gradient))))


def synflow(stack, trained, anchor, mask):
    """The sum over all paths through a weight of the products of what lies on them."""
    (w1, b1), (w2, b2), (w3, _) = [(abs(w), abs(b)) for w, b in network(anchor, mask)]
    ones = np.ones(len(w1))
    to_second = w1.T @ ones + b1
    return [
        np.einsum("i,ij,jk,kl->ij", ones, w1, w2, w3),
        np.einsum("j,jk,kl->jk", to_second, w2, w3),
        np.einsum("k,kl->kl", np.einsum("j,jk->k", to_second, w2) + b2, w3),
    ]


FORMULAS = (magnitude, inverse_magnitude, movement, saliency, snip, grasp, synflow)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.__name__)
def test_scores_are_those_of_the_formula(formula, recipe, stack, own):
    trained, anchor, mask = own[:3]
    scores = weights(score(recipe, stack, own, formula.__name__))
    expected = formula(stack, trained.params, anchor.params, mask)
    for got, want in zip(scores, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * abs(want).max())


@pytest.mark.parametrize("name", criteria.NAMES)
def test_every_parameter_has_a_finite_score_that_repeats(name, recipe, stack, own):
    scores = score(recipe, stack, own, name)
    criteria.check(name, scores, own[0].params)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(scores))
    again = score(recipe, stack, own, name)
    jax.tree.map(np.testing.assert_array_equal, scores, again)


def test_a_choice_picks_one_of_several_criteria(recipe, stack, own):
    names = ("inverse_magnitude", "magnitude")
    for which, name in enumerate(names):
        chosen = score(recipe, stack, own, *names, which=which)
        jax.tree.map(np.testing.assert_array_equal, chosen, score(recipe, stack, own, name))


def random(params, key):
    evidence = criteria.Evidence(params, *[None] * 7, key)
    return np.concatenate([leaf.ravel() for leaf in weights(criteria.find("random")(evidence))])


def test_random_scores_differ_per_seed_and_repeat(own):
    one, same, other = (random(own[0].params, jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2
    assert len(set(one)) == len(one)


def test_random_scores_differ_per_round(recipe, stack, own):
    one, two = (weights(score(recipe, stack, own, "random", round_=r)) for r in (1, 2))
    assert all((a != b).all() for a, b in zip(one, two, strict=True))


def test_synflow_takes_no_notice_of_batch_norm_statistics(own):
    def flow(mean, var):
        evidence = criteria.Evidence(
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
        return criteria.find("synflow")(evidence)["Dense_0"]["kernel"]

    np.testing.assert_array_equal(flow(-5.0, 4.0), [2.0, 3.0])


def test_a_criterion_of_the_users_own(tmp_path, monkeypatch, recipe, stack, own):
    source = "import jax\ndef negative(e):\n    return jax.tree.map(lambda w: -w, e.weights)\n"
    (tmp_path / "my_criteria.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    scores = score(recipe, stack, own, "my_criteria:negative")
    jax.tree.map(lambda s, w: np.testing.assert_array_equal(s, -w), scores, own[0].params)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("magnitud", "did you mean magnitude"),
        ("no_such_module:score", "no_such_module"),
        ("math:no_such_function", "no_such_function"),
        ("math:pi", "math:pi"),
        (":score", ":score"),
        (".relative:score", "relative"),
    ],
)
def test_a_criterion_that_is_not_there(name, says):
    with pytest.raises(WrongUse, match=says):
        criteria.find(name)


def without_bias(scores):
    return {name: {"kernel": layer["kernel"]} for name, layer in scores.items()}


def transposed(scores):
    return jax.tree.map(lambda leaf: leaf.T, scores)


def one_number(scores):
    return jax.tree.map(lambda leaf: 0.0, scores)


@pytest.mark.parametrize("wrong", [without_bias, transposed, one_number, jax.tree.leaves])
def test_scores_of_another_structure_or_shape_raise(wrong, own):
    with pytest.raises(WrongUse, match="mine"):
        criteria.check("mine", wrong(own[0].params), own[0].params)
