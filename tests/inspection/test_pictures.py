"""Arrays of images that a user gives to a run's model."""

from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.errors import ImageError
from keras_cnn_course.inspection.pictures import read_arrays

LEVELS = np.arange(64).reshape(1, 8, 8, 1) / 63  # from black to white


@pytest.fixture(scope="module")
def record(trained_run):
    return replace(trained_run.read_record(), input_shape=(8, 8, 1))


@pytest.mark.parametrize(
    ("trained_on", "images"),
    [
        ((0, 255), np.round(255 * LEVELS).astype(np.uint8)),
        ((0, 255), LEVELS),
        ((0, 255), LEVELS * (1 + 1e-7)),
        ((0, 255), (255 * LEVELS).astype(np.float32)),
        ((0, 16), np.round(16 * LEVELS).astype(np.int64)),
        ((0, 16), 16 * LEVELS),
        ((0, 16), np.round(255 * LEVELS).astype(np.uint8)),
        ((0, 16), LEVELS),
        ((0, 1), np.round(255 * LEVELS).astype(np.uint8)),
        ((0, 4095), np.round(4095 * LEVELS).astype(np.uint16)),
        ((0, 4095), np.round(255 * LEVELS).astype(np.uint8)),
        ((0, 4095), (255 * LEVELS).astype(np.float32)),
        ((-1, 1), 2 * LEVELS - 1),
        ((), np.round(255 * LEVELS).astype(np.uint8)),  # a run of version 0.1
    ],
)
def test_arrays_have_the_scale_of_the_training_data_or_a_usual_one(record, trained_on, images):
    read = read_arrays(images, replace(record, pixel_range=trained_on))
    np.testing.assert_allclose(read, 255 * LEVELS, atol=255 / 16 / 2)
    assert read.max() == 255


def test_dark_images_keep_the_scale_of_the_training_data(record):
    dark = np.full((8, 8), 100, np.uint16)
    assert read_arrays(dark, replace(record, pixel_range=(0, 4095))).max() < 7
    assert read_arrays(np.full((8, 8), 13.0), replace(record, pixel_range=(0, 16))).max() == pytest.approx(
        13 * 255 / 16
    )


def test_black_and_white_images_are_read(record):
    assert read_arrays(LEVELS > 0.5, record).max() == 255


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (300 * LEVELS, "must go from 0 to 255 or 0 to 1; got 0 to 300."),
        ((300 * LEVELS).astype(int), "must go from 0 to 255; got 0 to 300."),
        (4 * LEVELS - 2, "must go from 0 to 255 or 0 to 1; got -2 to 2."),
        (np.full((8, 8), np.nan), "got nan to nan."),
        (np.empty((0, 8, 8, 1)), "got (0, 8, 8, 1)"),
    ],
)
def test_arrays_on_another_scale_are_refused(record, images, message):
    with pytest.raises(ImageError) as caught:
        read_arrays(images, replace(record, pixel_range=(0, 255)))
    assert message in str(caught.value)
