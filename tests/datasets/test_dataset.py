"""Pixels and labels as promised, or an error that says what was found."""

import re

import numpy as np
import pytest

from keras_cnn_course.datasets.dataset import Dataset
from keras_cnn_course.datasets.pixels import describe_pixels
from keras_cnn_course.errors import DatasetError, UsageError


def build(arrays, **changes):
    return Dataset.from_arrays(**{**arrays, **changes}, name="mine")


def test_uint8_stays_as_it_is(arrays):
    dataset = build(arrays)
    assert dataset.x_train.dtype == np.uint8
    assert dataset.y_train.dtype == np.int32
    assert dataset.input_shape == (6, 5, 1)
    assert dataset.class_names == ("0", "1", "2")
    np.testing.assert_array_equal(dataset.x_train[..., 0], arrays["x_train"])


def test_other_whole_numbers_become_uint8(arrays):
    dataset = build(arrays, x_train=arrays["x_train"].astype(np.int64))
    assert dataset.x_train.dtype == np.uint8
    np.testing.assert_array_equal(dataset.x_train[..., 0], arrays["x_train"])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_fractions_are_brought_to_255(arrays, dtype):
    as_fraction = {part: (arrays[part] / 255).astype(dtype) for part in ("x_train", "x_test")}
    dataset = build(arrays, **as_fraction)
    assert dataset.x_train.dtype == np.float32
    # float16 has 11 bits: half a step of 1/2048 is 0.06 of 255.
    np.testing.assert_allclose(dataset.x_train[..., 0], arrays["x_train"], atol=0.07)


def test_fractions_up_to_255_keep_their_scale(arrays):
    dataset = build(arrays, x_train=arrays["x_train"] * 1.0, x_test=arrays["x_test"] * 1.0)
    np.testing.assert_array_equal(dataset.x_test[..., 0], arrays["x_test"])


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float64])
@pytest.mark.parametrize("full", [1, 3, 7, 15, 16])
def test_few_gray_levels_are_brought_to_255(arrays, kind, full):
    levels = {part: (arrays[part] % (full + 1)).astype(kind) for part in ("x_train", "x_test")}
    dataset = build(arrays, **levels)
    assert dataset.pixel_range == (0, full)
    assert describe_pixels(dataset.pixel_range).startswith(f"pixel values 0 to {full}")
    # Whole numbers are rounded to one of 256 levels.
    np.testing.assert_allclose(dataset.x_train[..., 0], 255 / full * levels["x_train"], atol=0.5)


@pytest.mark.parametrize("full", [1023, 4095, 65535])
def test_more_than_8_bits_keep_their_levels(arrays, full):
    wide = {part: (arrays[part].astype(np.uint32) * full // 255).astype(np.uint16) for part in ("x_train", "x_test")}
    for images in wide.values():
        images[0, 0, 0] = full
    dataset = build(arrays, **wide)
    assert dataset.x_train.dtype == np.float32
    np.testing.assert_allclose(dataset.x_train[..., 0], wide["x_train"] * (255 / full), rtol=1e-6)


def test_a_narrow_range_far_from_zero_is_read():
    images = np.linspace(40000, 40200, 64).round().astype(np.uint16).reshape(1, 8, 8)
    data = Dataset.from_arrays([*images, *images], [0, 1], images, [0], pixel_range=(40000, 40200))
    assert (data.x_test.min(), data.x_test.max()) == (0, 255)


@pytest.mark.parametrize("high", [2, 9, 40, 100, 127, 128, 300, 3000, 5000, 123_457])
def test_an_unclear_scale_is_asked_for(arrays, high):
    unclear = {part: (arrays[part] * (high / 255)).astype(np.int32) for part in ("x_train", "x_test")}
    for images in unclear.values():
        images[0, 0, 0] = high
    with pytest.raises(DatasetError, match=rf"not clear: they go from 0 to {high}\. .*is white, use") as refusal:
        build(arrays, **unclear)
    assert build(arrays, **unclear, pixel_range=suggested(refusal)).x_train.max() == pytest.approx(255, rel=1e-3)
    dataset = build(arrays, **unclear, pixel_range=(0.0, 200_000.0))
    assert dataset.x_train.max() == pytest.approx(high * 255 / 200_000, abs=0.5)  # whole levels of 255


def test_a_stated_range_may_be_signed_but_must_hold_every_pixel(arrays):
    signed = {part: arrays[part] / 127.5 - 1 for part in ("x_train", "x_test")}
    with pytest.raises(DatasetError, match=r"normalized before saving.*`pixel_range="):
        build(arrays, **signed)
    dataset = build(arrays, **signed, pixel_range=(-1.0, 1.0))
    np.testing.assert_allclose(dataset.x_train[..., 0], arrays["x_train"], atol=1e-4)  # float32 near 255
    with pytest.raises(DatasetError, match="outside of the stated range 0 to 1"):
        build(arrays, **signed, pixel_range=(0.0, 1.0))


@pytest.mark.parametrize("divided", ["x_train", "x_test"])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_parts_on_different_scales_are_refused(arrays, divided, kind):
    full = {part: arrays[part].astype(kind) for part in ("x_train", "x_test")}
    mixed = {**full, divided: (full[divided] > 127).astype(kind)}
    with pytest.raises(DatasetError, match=r"different scales: the training pixels from 0 to .* and the test pixels"):
        build(arrays, **mixed)
    assert build(arrays, **mixed, pixel_range=(0.0, 255.0)).x_test.max() == mixed["x_test"].max()


def suggested(refusal):
    """The range that a message suggests."""
    low, high = re.search(r"`pixel_range=\((.+), (.+)\)`", str(refusal.value)).groups()
    return float(low), float(high)


@pytest.mark.parametrize(
    ("mean", "deviation"), [(0.485, 0.229), (0.1307, 0.3081), (0.5, 0.5), (0.4, 0.0037), (0.4734, 0.2516)], ids=str
)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_suggested_range_of_normalized_pixels_is_accepted(arrays, mean, deviation, kind):
    normalized = {part: ((arrays[part] / 255 - mean) / deviation).astype(kind) for part in ("x_train", "x_test")}
    normalized["x_test"][0, 0, 0] = -mean / deviation
    with pytest.raises(DatasetError, match="normalized before saving") as refusal:
        build(arrays, **normalized)
    dataset = build(arrays, **normalized, pixel_range=suggested(refusal))
    # Four digits of a range are exact to a thousandth of it.
    np.testing.assert_allclose(dataset.x_train[..., 0], arrays["x_train"], atol=0.5)


@pytest.mark.parametrize("full", [1, 255, 4095])
def test_rounding_may_move_pixels_a_little_beyond_the_scale(arrays, full):
    moved = {part: (arrays[part] / 255 * full).astype(np.float32) for part in ("x_train", "x_test")}
    moved["x_train"][0, 0, 1] = -1e-4 * full
    moved["x_train"][0, 0, 0] = np.nextafter(np.float32(full), np.float32(2 * full))
    for dataset in (build(arrays, **moved), build(arrays, **moved, pixel_range=(0.0, float(full)))):
        assert dataset.pixel_range == (0, full)
        assert (dataset.x_train[0, 0, 0, 0], dataset.x_train[0, 0, 1, 0]) == (pytest.approx(255), 0)
        assert dataset.x_train.max() <= 255


def test_whole_numbers_beyond_a_scale_are_on_another(arrays):
    wide = {part: arrays[part].astype(np.int32) * 16 for part in ("x_train", "x_test")}
    wide["x_train"][0, 0, 0] = 4096
    with pytest.raises(DatasetError, match="outside of the stated range 0 to 4095"):
        build(arrays, **wide, pixel_range=(0.0, 4095.0))


def test_signed_and_unsigned_parts_have_different_scales(arrays):
    mixed = {"x_train": arrays["x_train"] / 127.5 - 1, "x_test": arrays["x_test"] / 255}
    mixed["x_train"][0, 0, :2] = -1, 1
    with pytest.raises(DatasetError, match=r"different scales: the training pixels from -1 to 1 and .*\(-1, 1\)`"):
        build(arrays, **mixed)


def test_the_range_suggested_for_parts_that_differ_holds_both(arrays):
    mixed = {"x_train": arrays["x_train"].astype(np.uint16) * 16, "x_test": arrays["x_test"].astype(np.uint16) * 10}
    mixed["x_train"][0, 0, 0] = 4095
    with pytest.raises(DatasetError, match="different scales") as refusal:
        build(arrays, **mixed)
    assert suggested(refusal) == (0, 4095)


def test_black_test_images_say_nothing_about_the_scale(arrays):
    with pytest.raises(DatasetError, match="normalized before saving"):
        build(arrays, x_train=arrays["x_train"] / -255, x_test=arrays["x_test"] * 0.0)


def test_pixels_divided_twice_are_not_taken_for_dark_images(arrays):
    twice = {part: arrays[part] / 255 / 255 for part in ("x_train", "x_test")}
    with pytest.raises(DatasetError, match="not clear"):
        build(arrays, **twice)


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (np.nan, "1 of them is NaN or infinite"),
        (-np.inf, "1 of them is NaN or infinite"),
        (-0.5, "-0.5"),
        (256.0, "256"),
    ],
    ids=str,
)
def test_pixels_out_of_range_are_refused(arrays, value, named):
    images = arrays["x_train"] * 1.0
    images[3, 2, 1] = value
    with pytest.raises(DatasetError, match=re.escape(named)):
        build(arrays, x_train=images, x_test=arrays["x_test"] * 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_train": np.arange(12) % 3 + 1}, "got 3 different labels from 1 to 3"),
        ({"y_train": np.arange(12) % 3 * 2}, r"from 0 to 4\. Number the classes from 0 without gaps"),
        ({"y_train": np.arange(12) % 3 - 1}, "must count from 0; they go from -1 to 1"),
        ({"y_train": np.zeros(12, int)}, "at least two classes"),
        ({"y_train": np.eye(12)}, r"argmax"),
        ({"y_train": np.arange(12) / 2}, "float64"),
        ({"y_train": (np.arange(12) % 3).astype("timedelta64[D]")}, "timedelta64"),
        ({"x_train": np.zeros((12, 6, 5), "timedelta64[D]")}, "timedelta64"),
        ({"y_train": np.arange(11) % 3}, "12 images and 11 labels"),
        ({"y_test": np.arange(6)}, "0 to 2; got 5"),
        ({"x_test": np.zeros((6, 7, 5), np.uint8)}, r"\(6, 5, 1\) and \(7, 5, 1\)"),
        ({"x_train": np.zeros((0, 6, 5), np.uint8)}, r"with no size 0; got \(0, 6, 5, 1\)"),
        ({"x_train": np.zeros((12, 30), np.uint8)}, r"must have the shape .*; got \(12, 30\)"),
        ({"x_train": np.zeros((12, 3, 6, 5), np.uint8)}, "channels last"),
        ({"x_train": np.zeros((12, 6, 5), bool)}, "bool"),
        ({"x_train": np.zeros((12, 6, 5), complex)}, "complex"),
        ({"x_train": np.zeros((12, 6, 5), np.float32)}, "float32 and uint8"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_does_not_fit_is_refused(arrays, changes, message):
    with pytest.raises(DatasetError, match=message):
        build(arrays, **changes)


def test_booleans_are_black_and_white(arrays):
    data = build(arrays, x_train=arrays["x_train"] > 99, x_test=arrays["x_test"] > 99)
    assert data.pixel_range == (0, 1)
    np.testing.assert_array_equal(data.x_train[..., 0], 255 * (arrays["x_train"] > 99))


def test_labels_in_a_column_are_flattened(arrays):
    """As in Keras's cifar10."""
    assert build(arrays, y_train=arrays["y_train"][:, np.newaxis]).y_train.shape == (12,)


class Indexed:
    """Values that are looked up by a label, as a shuffled pandas Series looks them up, and not by position."""

    def __init__(self, values):
        self.values = np.asarray(values)
        self.ndim, self.shape, self.dtype = self.values.ndim, self.values.shape, self.values.dtype

    def __array__(self, dtype=None, copy=None):
        return self.values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, labels):
        return self.values[-1 - np.asarray(labels)]


def test_what_looks_values_up_by_label_is_read_by_position(arrays):
    indexed = {part: Indexed(values) for part, values in arrays.items()}
    dataset = build(indexed)
    assert dataset.y_train[[0, 4]].tolist() == arrays["y_train"][[0, 4]].tolist()
    assert dataset.sha256 == build(arrays).sha256


@pytest.mark.parametrize("part", ["x_train", "y_train", "x_test", "y_test"])
def test_lists_are_arrays(arrays, part):
    np.testing.assert_array_equal(
        getattr(build(arrays, **{part: arrays[part].tolist()}), part), getattr(build(arrays), part)
    )


def test_rows_of_different_lengths_are_no_array(arrays):
    with pytest.raises(DatasetError, match="x_train of mine is not an array of numbers"):
        build(arrays, x_train=[[[1, 2]], [[1]]])


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["cat", "dog", "fox"], ("cat", "dog", "fox")),
        (np.array(["cat", "dog", "fox"]), ("cat", "dog", "fox")),
        (range(3), ("0", "1", "2")),
        ((7, np.int64(8), "9"), ("7", "8", "9")),
    ],
    ids=repr,
)
def test_class_names_become_text(arrays, names, kept):
    class_names = build(arrays, class_names=names).class_names
    assert class_names == kept
    assert {type(name) for name in class_names} == {str}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("cat\n", "dog", "fox"), r"without control characters; got 'cat\\n'"),
        (("", "dog", "fox"), "got ''"),
        ((0.0, 1.0, 2.0), r"got 0\.0"),
        (("cat", "dog", "cat"), "all be different; got 'cat' more than once"),
        ((1, "1", 2), "all be different; got '1'"),
        (("caf\u00e9", "cafe\u0301", "tea"), "all be different"),
        ("abc", "must be a list, in the order of the labels; got str"),
        ({0: "cat", 1: "dog", 2: "fox"}, "must be a list, in the order of the labels; got dict"),
        (None, "must be a list, in the order of the labels; got NoneType"),
        (("cat", "dog"), "must be 0 to 1, each at least once"),
    ],
    ids=ascii,
)
def test_class_names_that_no_run_could_record_are_refused(arrays, names, message):
    with pytest.raises(DatasetError, match=message):
        build(arrays, class_names=names)


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[2J"], ids=ascii)
def test_a_name_that_no_run_could_record_is_refused(arrays, name):
    with pytest.raises(UsageError, match="must not have control characters"):
        Dataset.from_arrays(**arrays, name=name)


def test_classes_without_test_images_are_named(arrays):
    assert build(arrays).notes == ()
    assert build(arrays, y_test=np.zeros(6, int)).notes == ("mine has no test images of 1, 2.",)


def test_the_hash_tells_contents_apart(arrays):
    changed = arrays["x_train"].copy()
    changed[0, 0, 0] ^= 1
    assert build(arrays).sha256 == build(arrays).sha256
    assert build(arrays).sha256 != build(arrays, x_train=changed).sha256
