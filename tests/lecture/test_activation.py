import numpy as np
import pytest
from scipy import special

from keras_cnn_course.lecture.activation import log_softmax, relu, softmax


def test_relu_of_the_slides_edges():
    edges = np.array([[0, 1, 3, 1, 0], [1, 1, 1, 3, 3], [0, 0, -2, -4, -4], [1, 1, 1, 3, 3], [0, 1, 3, 1, 0]])
    expected = [[0, 1, 3, 1, 0], [1, 1, 1, 3, 3], [0, 0, 0, 0, 0], [1, 1, 1, 3, 3], [0, 1, 3, 1, 0]]
    assert relu(edges).tolist() == expected
    assert relu(edges).dtype == edges.dtype


@pytest.mark.parametrize("scale", [0.0, 1.0, 50.0, 1000.0])
def test_softmax_agrees_with_scipy(scale):
    logits = scale * np.random.default_rng(1).normal(size=(6, 10))
    np.testing.assert_allclose(softmax(logits), special.softmax(logits, axis=-1), rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(log_softmax(logits), special.log_softmax(logits, axis=-1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(softmax(logits).sum(axis=-1), 1, rtol=1e-12)


def test_logits_of_a_thousand_neither_overflow_nor_warn():
    assert softmax(np.array([1000.0, -1000.0, 1000.0])).tolist() == [0.5, 0.0, 0.5]
    assert log_softmax(np.array([1000.0, -1000.0])).tolist() == [0.0, -2000.0]
