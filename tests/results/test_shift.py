import numpy as np
import pytest
from scipy import ndimage

from keras_cnn_course.errors import UsageError
from keras_cnn_course.models.equivariance import ConvolutionShift, PoolingShift, StepShift
from keras_cnn_course.results.shift import (
    ShiftAccuracy,
    ShiftTest,
    explain_shift_tests,
    format_share,
    measure_shift_accuracy,
)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_every_shift_is_what_scipy_and_keras_give(build_cnn, images_and_labels, dtype):
    model = build_cnn()
    images, labels = images_and_labels(60)
    result = measure_shift_accuracy(model, images.astype(dtype), labels, radius=2)
    assert result.examples == 60
    for row, column in np.ndindex(5, 5):
        moved = ndimage.shift(images, (0, row - 2, column - 2, 0), order=0)
        answers = model(moved / np.float32(255)).numpy().argmax(axis=1)
        assert result.correct[row, column] == (answers == labels).sum()


def test_batches_are_added_up(build_cnn, images_and_labels):
    model = build_cnn()
    images, labels = images_and_labels(1100)
    done = []
    result = measure_shift_accuracy(model, images, labels, radius=1, progressed=done.append)
    answers = model(images / np.float32(255)).numpy().argmax(axis=1)
    assert result.correct[1, 1] == (answers == labels).sum()
    assert sum(done) == 9 * 1100


def test_a_model_that_finds_a_dot_by_its_row_distinguishes_down_from_right(keras):
    # One unit per row: the class is the row of the dot, so only a shift down or up changes the answer.
    kernel = np.repeat(np.eye(6, dtype=np.float32), 6, axis=0)
    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(6, use_bias=False)])
    model.layers[-1].set_weights([kernel])
    images = np.zeros((4, 6, 6, 1), np.uint8)
    images[:, 2, 3] = 255
    below = measure_shift_accuracy(model, images, np.full(4, 3, np.int32), radius=2).accuracy
    assert below.tolist() == [[0] * 5, [0] * 5, [0] * 5, [1] * 5, [0] * 5]


@pytest.mark.parametrize("radius", [0, 8])
def test_a_radius_without_meaning_is_refused(build_cnn, images_and_labels, radius):
    images, labels = images_and_labels(5)
    with pytest.raises(UsageError, match="from 1 to 7"):
        measure_shift_accuracy(build_cnn(), images, labels, radius=radius)


def test_rings_are_as_far_as_the_longer_shift():
    correct = np.maximum(*np.abs(np.mgrid[-3:4, -3:4]))
    accuracy = ShiftAccuracy(correct, examples=10)
    assert accuracy.radius == 3
    assert accuracy.center == 0
    for pixels, size in enumerate((1, 8, 16, 24)):
        ring = accuracy.at_distance(pixels)
        assert (len(ring), set(ring)) == (size, {pixels / 10})


def shift_test(name, correct, convolution=None):
    return ShiftTest(name, "mnist", ShiftAccuracy(np.asarray(correct), examples=1000), convolution)


def convolution(difference):
    steps = (StepShift(1, 0.5, 0.41, 0.25), StepShift(2, 3e-7, 0.64, 0.49))
    return ConvolutionShift("conv_1", 100, 80, difference, 1.5, PoolingShift("pool_1", 2, 1.2, steps))


def test_the_paragraph_holds_the_numbers():
    mlp = shift_test("mlp-001", [[100, 300, 100], [500, 980, 500], [100, 300, 100]])
    cnn = shift_test("cnn-001", np.full((3, 3), 990), convolution(2e-7))
    text = explain_shift_tests([mlp, cnn])
    assert "mlp-001 classifies 98.0% of 1,000 test images of mnist correctly." in text
    assert "25.0% on average (10.0% to 50.0%, depending on the direction)" in text
    assert "It has no convolution on the image." in text
    assert "conv_1, is equivariant: over 80 shifts of 100 test images" in text
    assert "differ by at most 2.0e-07 away from the border (the largest value is 1.5)" in text
    assert "a shift by the stride of 2 pixels moves the feature map by one pixel of its own, to within 3.0e-07." in text
    assert "For a shift of 1 pixel no movement of the feature map fits: the closest is off by 0.5" in text
    changes = "a shift of 1 pixel changes the feature map by 41% before pooling and by 25% after it"
    assert f"only approximately invariant: {changes}; a shift of 2 pixels, by 64% and 49%." in text
    assert text.endswith("Mean accuracy after a shift of 1 pixel: cnn-001 99.0%, mlp-001 25.0%.")


def test_an_exact_agreement_is_called_exact():
    text = explain_shift_tests([shift_test("cnn", np.full((3, 3), 1), convolution(0.0))])
    assert "shift(conv(x)) are the same away from the border" in text


def test_what_is_not_equivariant_is_not_called_so():
    assert "conv_1, is not equivariant" in explain_shift_tests(
        [shift_test("cnn", np.full((3, 3), 1), convolution(0.3))]
    )


def test_the_radius_is_mentioned_once():
    text = explain_shift_tests([shift_test("mlp", np.full((9, 9), 500))])
    assert "and by 4 pixels, 50.0%." in text
    assert "Mean accuracy after" not in text


def test_shares_are_never_rounded_to_certainty():
    assert [format_share(share) for share in (0.0, 0.0001, 0.5, 0.9996, 1.0)] == [
        *["0.0%", "< 0.1%", "50.0%", "> 99.9%", "100.0%"]
    ]
