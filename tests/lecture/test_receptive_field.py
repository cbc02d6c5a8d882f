import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.receptive_field import (
    Extent,
    Stage,
    extent,
    measure_receptive_field,
    receptive_field,
    trace_stages,
)
from keras_cnn_course.lecture.slides.receptive_field import apply_slide_stages, slide_stages


@pytest.mark.parametrize(
    ("stages", "size"),
    [
        ([], 1),
        ([Stage(3)], 3),
        ([Stage(3), Stage(2, stride=2)], 4),
        ([Stage(3), Stage(2, stride=2), Stage(2, stride=2)], 6),
        ([Stage(3), Stage(2, stride=2), Stage(3), Stage(2, stride=2)], 10),
        ([Stage(3), Stage(3), Stage(3)], 7),
        ([Stage(3, dilation=2), Stage(3, dilation=4)], 13),
        ([Stage(1, stride=3), Stage(2)], 4),
    ],
)
def test_sizes_known_by_hand(stages, size):
    assert receptive_field(stages) == size


def test_the_one_on_the_slide_sees_16_pixels_and_pooling_again_36_of_49():
    edges = FILTERS["horizontal-edges"].kernel
    for poolings, size in ((1, 4), (2, 6)):
        mask = measure_receptive_field(
            lambda images, poolings=poolings: apply_slide_stages(images, edges, poolings=poolings),
            image_shape=(7, 7),
            position=(0, 0),
        )
        expected = np.zeros((7, 7), dtype=bool)
        expected[:size, :size] = True
        np.testing.assert_array_equal(mask, expected)
        assert receptive_field(slide_stages(poolings)) == size
    assert mask.sum() == 36


def test_a_weight_of_zero_hides_its_pixel():
    identity = FILTERS["identity"].kernel
    mask = measure_receptive_field(
        lambda images: apply_slide_stages(images, identity, poolings=1), image_shape=(7, 7), position=(0, 0)
    )
    assert extent(mask) == Extent(1, 1, 2, 2)


STACKS = [
    [Stage(3), Stage(2, stride=2)],
    [Stage(3, padding="same"), Stage(2, stride=2), Stage(3, padding="same")],
    [Stage(3, stride=2, padding="same"), Stage(3, stride=2, padding="same")],
    [Stage(4, padding="same"), Stage(3, dilation=2)],
    [Stage(5, stride=3), Stage(2, padding="same")],
]


def build(stages, input_size):
    """Return a Keras model of all-positive convolutions, so that no ReLU hides a pixel, channels mixed."""
    import keras

    image = keras.Input((*input_size, 2), name="image")
    hidden = image
    for stage in stages:
        hidden = keras.layers.Conv2D(
            3,
            stage.kernel_size,
            strides=stage.stride,
            dilation_rate=stage.dilation,
            padding=stage.padding,
            kernel_initializer=keras.initializers.RandomUniform(0.1, 1.0, seed=1),
        )(hidden)
        hidden = keras.layers.ReLU()(hidden)
    return keras.Model(image, hidden)


@pytest.mark.parametrize("stages", STACKS, ids=str)
def test_the_trace_is_what_a_keras_model_measures(started, stages):
    input_size = (14, 17)
    model = build(stages, input_size)
    height, width = (trace_stages(stages, input_size=size)[-1] for size in input_size)
    assert model.output_shape[1:3] == (height.output_size, width.output_size)
    for position in [(0, 0), (1, 2), (height.output_size - 1, width.output_size - 1)]:
        mask = measure_receptive_field(model.predict_on_batch, image_shape=(*input_size, 2), position=position)
        rows, columns = (
            [pixel for pixel in traced.window(place) if 0 <= pixel < size]
            for traced, place, size in zip((height, width), position, input_size, strict=True)
        )
        found = extent(mask)
        assert (found.top, found.height) == (rows[0], len(rows))
        assert (found.left, found.width) == (columns[0], len(columns))


def test_jumps_and_starts_on_the_slide():
    traced = trace_stages(slide_stages(2), input_size=7)
    assert [(stage.size, stage.jump, stage.start, stage.output_size) for stage in traced] == [
        (3, 1, 0, 5),
        (4, 2, 0, 2),
        (6, 4, 0, 1),
    ]


def test_same_padding_starts_outside_of_the_image():
    (traced,) = trace_stages([Stage(3, padding="same")], input_size=7)
    assert (traced.start, traced.output_size, list(traced.window(6))) == (-1, 7, [5, 6, 7])


def test_too_small_an_input_names_the_stage():
    with pytest.raises(UsageError, match=r"Stage 3 needs at least 2 pixels but gets 1"):
        trace_stages(slide_stages(2), input_size=5)


@pytest.mark.parametrize("wrong", [{"kernel_size": 0}, {"stride": 0}, {"dilation": -1}, {"padding": "full"}])
def test_a_wrong_stage_is_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Stage(**{"kernel_size": 3, **wrong})


def test_the_extent_of_nothing_is_empty():
    assert extent(np.zeros((3, 4), dtype=bool)) == Extent(0, 0, 0, 0)
