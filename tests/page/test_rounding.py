import numpy as np
import pytest

from keras_cnn_course.errors import ExportError
from keras_cnn_course.page.rounding import measure_rounding, pack_weights, round_model
from keras_cnn_course.page.steps import Step, read_steps


def step(**weights):
    return Step(
        "conv_1", "convolution", (1, 1, 1), weights={name: np.float32(value) for name, value in weights.items()}
    )


def test_weights_are_packed_one_after_the_other_in_half_precision():
    packed = pack_weights([step(kernel=[1, -2], bias=[0.1]), step(kernel=[65504])])
    np.testing.assert_array_equal(np.frombuffer(packed, "<f2"), np.array([1, -2, 0.1, 65504], np.float16))


@pytest.mark.parametrize("value", [70_000.0, np.inf, np.nan])
def test_weights_that_two_bytes_cannot_hold_are_refused(value):
    with pytest.raises(
        ExportError, match=r"Layer 'conv_1' has a weight of \S+, but the live page stores weights up to 65,504"
    ):
        pack_weights([step(kernel=[value])])


def test_the_rounded_model_has_the_weights_that_are_packed(build_everything):
    model = build_everything()
    packed = np.frombuffer(pack_weights(read_steps(model)), "<f2").astype(np.float32)
    round_model(model)
    again = np.concatenate([array.reshape(-1) for step in read_steps(model) for array in step.weights.values()])
    np.testing.assert_array_equal(packed, again)


def test_the_cost_is_measured_on_the_test_images(trained_run, digits):
    model = trained_run.load_model()
    right = int((model.predict(digits.x_test / 255.0, verbose=0).argmax(axis=1) == digits.y_test).sum())
    rounding = measure_rounding(model, digits.x_test, digits.y_test)
    after = model.predict(digits.x_test / 255.0, verbose=0)
    assert (rounding.examples, rounding.correct_before) == (360, right)
    assert rounding.correct_after == int((after.argmax(axis=1) == digits.y_test).sum())
    assert rounding.changed < 4
    np.testing.assert_allclose(rounding.probabilities, after, atol=1e-5)  # batches of another size
