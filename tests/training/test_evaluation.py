"""Evaluating one replica: loss, prediction and EL2N of every example."""

import jax
import numpy as np
import pytest
import reference

from pruning_jax.training import evaluation


@pytest.mark.parametrize("at_once", [1024, 20, 7])
def test_loss_prediction_and_el2n_of_every_example(at_once, recipe, images, begun, monkeypatch):
    """50 examples, whatever batches they are evaluated in."""
    monkeypatch.setattr(evaluation, "EVALUATION_BATCH", at_once)
    program = jax.jit(lambda *args: evaluation.evaluate(recipe, *args))  # never an earlier one
    outcome = program(begun, images)
    layers = reference.layers(begun.state.params)
    inputs, labels = reference.normalised(images), begun.labels
    logits = reference.forward(layers, inputs)[-1]
    error = reference.softmax(logits) - np.eye(3)[labels]
    np.testing.assert_allclose(outcome.loss, reference.losses(layers, inputs, labels), rtol=1e-4)
    np.testing.assert_array_equal(outcome.prediction, logits.argmax(1))
    np.testing.assert_allclose(outcome.el2n, np.sqrt((error**2).sum(1)), rtol=1e-4, atol=1e-6)
    assert len(set(outcome.prediction.tolist())) > 1
