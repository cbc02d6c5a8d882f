import numpy as np
import pytest

from keras_cnn_course.models.equivariance import ConvolutionShift, PoolingShift, StepShift
from keras_cnn_course.plots.saving import save_picture
from keras_cnn_course.plots.shift import plot_shift
from keras_cnn_course.results.shift import ShiftAccuracy, ShiftTest

CONVOLUTION = ConvolutionShift(
    layer="conv_1",
    images=100,
    shifts=80,
    difference=2.4e-7,
    largest_value=1.5,
    pooling=PoolingShift("pool_1", 2, 1.2, (StepShift(1, 0.5, 0.41, 0.25), StepShift(2, 0.0, 0.64, 0.49))),
)


def shift_test(name, *, radius=2, offset=0, convolution=None):
    right = np.arange((2 * radius + 1) ** 2).reshape(2 * radius + 1, 2 * radius + 1) + offset
    return ShiftTest(name, "mnist", ShiftAccuracy(right, examples=200), convolution)


def test_runs_share_one_scale_and_every_number_is_printed():
    mlp, cnn = shift_test("mlp-001"), shift_test("cnn-001", offset=100, convolution=CONVOLUTION)
    figure = plot_shift([mlp, cnn]).figure
    first, second = figure.axes[:2]
    assert len(figure.axes) == 3  # with one color bar
    assert {axes.images[0].get_clim() for axes in (first, second)} == {(0.0, 124 / 200)}
    np.testing.assert_array_equal(second.images[0].get_array(), cnn.accuracy.accuracy)
    printed = [text.get_text() for text in first.texts if text.get_text().isdecimal()]
    assert printed == [f"{100 * value:.0f}" for value in mlp.accuracy.accuracy.flat]
    assert first.images[0].get_interpolation() == "none"
    # The first row is the shift upwards, drawn at the top.
    assert first.get_ylim() == (2.5, -2.5)
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["-2", "-1", "0", "+1", "+2"]


def test_the_captions_tell_equivariance_from_invariance():
    figure = plot_shift([shift_test("mlp-001"), shift_test("cnn-001", convolution=CONVOLUTION)]).figure
    captions = [" ".join(axes.texts[-1].get_text().split()) for axes in figure.axes[:2]]
    assert "no convolution" in captions[0]
    assert "conv_1 is equivariant: conv(shift(x)) and shift(conv(x)) differ by up to 2.4e-07." in captions[1]
    assert "pool_1 is only approximately invariant" in captions[1]
    assert "by 25%, compared with 41% before pooling" in captions[1]


@pytest.mark.parametrize("runs", [1, 2, 4])
@pytest.mark.parametrize("radius", [1, 4, 8])
def test_nothing_is_cut_off_or_overlaps(runs, radius, tmp_path):
    tests = [
        shift_test(f"a-run-with-$a$-name-{number}", radius=radius, convolution=CONVOLUTION) for number in range(runs)
    ]
    picture = plot_shift(tests)
    save_picture(picture, tmp_path / "shift.png")
    figure = picture.figure
    boxes = [axes.get_tightbbox() for axes in figure.axes if axes.get_visible()]
    for box in boxes:
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1
    for number, box in enumerate(boxes[:-1]):
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])


def test_the_alt_text_names_every_run_with_its_fall():
    alt = plot_shift([shift_test("mlp-001", offset=150), shift_test("cnn-001", offset=100)]).alt
    assert "mlp-001 falls from 81.0%" in alt
    assert "cnn-001 falls from 56.0%" in alt
    assert "up to 2 pixels" in alt


def test_a_model_that_gives_one_answer_for_all_can_be_drawn(tmp_path):
    flat = ShiftTest("flat", "mnist", ShiftAccuracy(np.full((3, 3), 20), examples=200), None)
    save_picture(plot_shift([flat]), tmp_path / "flat.svg")
