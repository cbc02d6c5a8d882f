"""Every row of the lecture's table has a slide, and every slide prints its numbers."""

import re

import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.lecture.contents import SLIDES, find_slide
from keras_cnn_course.lecture.filters import FILTERS
from keras_cnn_course.lecture.material import LECTURE_IMAGE, NamedImage, prepare_material
from keras_cnn_course.lecture.matrix_text import Window, matrix_lines, page_of
from keras_cnn_course.lecture.slides import work_out
from keras_cnn_course.lecture.slides.shift import measure_steps

PRINTED = {
    "convolution": ["Step 25 of 25: output pixel (4, 4)", " 0 1 1 1 0", " 1 1 1 0 0", "sum of the products: 1"],
    "padding": ["7-3+1 = 5", "9x9", "9-3+1 = 7", "This output equals the input."],
    "blur": ["1/9", " 6 9 8 7 4"],
    "edges": ["0  0 -2 -4 -4", "0  1  3  1  0"],
    "photograph": ["the lecture's image", "blur", "horizontal-edges"],
    "cross-correlation": ["turned by 180 degrees", "Largest difference: 8", "identity 0", "sobel 8"],
    "layer": ["(H, W) -> (H-2, W-2, k): 7x7 -> 5x5x4", "0 0 0 0 0", "feature map is dead"],
    "depth": ["3x3x3", "(-2) + (1) + (2) + bias 1 = 2", "k*(9*3+1)", "k=32: 896"],
    "relu": ["3 of 25 numbers (12%) were negative and became 0.", "-> ReLU ->"],
    "pooling": ["5x5 -> 2x2", "1 row, 1 column", "0.75"],
    "max-pooling": ["the largest of 0, 1, 1, 1 is 1", "Window 4 of 4", "the largest of 0, 0, 1, 3 is 3"],
    "receptive-field": ["1x1 -> 3x3 -> 4x4 = 16 input pixels", "measured, by changing each pixel: 4x4 = 16"],
    "pool-again": [
        "[3]",
        "6x6 = 36",
        "36 of the 49 pixels",
        "the 13 pixels of the last row and column",
        "all of them are zeros here",
    ],
    "block": ["7x7x1", "5x5x4", "2x2x4", "dead after ReLU: sum of nine"],
    "dense": ["784*512 + 512 = 401,920", "407,050 parameters"],
    "loss": ["2.3026", "average: (", "0.1054", "2000"],
    "one-block": ["(3*3*1+1)*32 = 320", "5408*512 + 512 = 2,769,408", "2,774,858 parameters"],
    "two-blocks": ["(3*3*32+1)*64 = 18,496", "843,658 parameters", "26x26 of the 28x28"],
    "demo": ["7,850", "407,050", "2,774,858", "843,658", "kcnn train --recipe deep_cnn"],
    "summary": ["equivariant", "over 49 shifts of up to 3 pixels: 0.", "Pooling roughly achieves it"],
}


@pytest.mark.parametrize("key", SLIDES)
def test_every_slide_prints_its_numbers(key):
    text = "\n".join(work_out(key, prepare_material(key), width=300))
    for expected in PRINTED[key]:
        assert expected in text


def test_the_steps_come_one_by_one():
    frames = work_out("convolution", prepare_material("convolution"))
    assert len(frames) == 25
    sums = [int(frame.rpartition("sum of the products: ")[2]) for frame in frames]
    assert np.array(sums).reshape(5, 5).tolist() == LECTURE_IMAGE.pixels[1:-1, 1:-1].tolist()
    assert len(work_out("max-pooling", prepare_material("max-pooling"))) == 2 + 4


def test_the_readers_own_image_and_filter_are_used():
    pixels = np.arange(16).reshape(4, 4)
    material = prepare_material(
        "convolution", image=NamedImage("mine", pixels, pixels[..., np.newaxis]), filter_text="0 1; 0 0"
    )
    frames = work_out("convolution", material)
    assert len(frames) == 9
    assert "sum of the products: 11" in frames[-1]


def test_a_fraction_stays_in_front_of_the_sum():
    frames = work_out("convolution", prepare_material("convolution", filter_text="blur"))
    assert "sum of the products: 1/9 * 9 = 1" in frames[11]


def test_shifting_changes_less_the_more_is_pooled():
    material = prepare_material("summary")
    steps = {step.name: step.changes for step in measure_steps(material)}
    assert all(changes[0] == 0 for changes in steps.values())
    pooled = [steps[name][1] for name in ("convolution + ReLU", "max pooling", "max pooling again", "and once more")]
    assert pooled == sorted(pooled, reverse=True)
    assert steps["one global maximum"] == (0, 0, 0, 0)


@pytest.mark.parametrize("key", ["convolution", "max-pooling"])
def test_an_image_too_large_to_print_is_refused(key):
    pixels = np.zeros((33, 20), dtype=int)
    material = prepare_material(key, image=NamedImage("large", pixels, pixels[..., np.newaxis]))
    with pytest.raises(UsageError, match=r"33x20 pixels.*at most 32x32 pixels"):
        work_out(key, material)


def _image(side):
    pixels = np.random.default_rng(0).integers(0, 255, size=(side, side - 2))
    return NamedImage("an image with a rather long name.jpg", pixels, np.stack([pixels] * 3, axis=-1))


def _numbers(text):
    return re.findall(r"-?\d+\.?\d*", text)


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("side", [None, 14, 30, 60])
def test_no_line_is_wider_than_the_page(width, side):
    for key, slide in SLIDES.items():
        if side is not None and (not slide.takes_image or (side > 32 and key in ("convolution", "max-pooling"))):
            continue
        frames = work_out(key, prepare_material(key, image=None if side is None else _image(side)), width=width)
        for frame in (frames[0], frames[-1]):
            assert max(map(len, frame.splitlines())) <= width, key


def test_a_wide_matrix_is_broken_between_its_columns():
    matrix = np.arange(4000, 4060).reshape(2, 30)
    with page_of(80):
        lines = matrix_lines(matrix, window=Window(0, 14, 1, 3))
    assert [line.split(":")[0] for line in lines if "columns" in line] == ["columns 0 to 14", "columns 15 to 29"]
    printed = [line.split() for line in lines if "columns" not in line]
    joined = [printed[row] + printed[row + 2] for row in range(2)]
    assert [[cell.strip("[]") for cell in row] for row in (joined[1],)] == [[str(value) for value in matrix[1]]]
    assert lines[1].rstrip().endswith("4013[4014")
    assert lines[4].startswith(" 4015 4016]4017")


def test_a_wider_page_shows_more_side_by_side():
    material = prepare_material("relu", image=_image(16))
    narrow, wide = (work_out("relu", material, width=width)[0] for width in (80, 200))
    assert len(wide.splitlines()) < len(narrow.splitlines())
    assert sorted(_numbers(narrow)) == sorted(_numbers(wide))


def test_what_a_slide_does_not_take_is_refused():
    with pytest.raises(UsageError, match="Slide loss does not use an image"):
        prepare_material("loss", image=LECTURE_IMAGE)
    with pytest.raises(UsageError, match="Slide blur does not use a filter"):
        prepare_material("blur", filter_text="identity")
    with pytest.raises(UsageError, match="Did you mean 'padding'"):
        find_slide("paddin")


def test_a_slides_filters_exist():
    for slide in SLIDES.values():
        assert set(slide.filters) <= set(FILTERS)


@pytest.mark.parametrize("key", SLIDES)
def test_every_slide_has_its_numbers_and_its_picture_in_modules_of_one_name(key):
    for verb, package in (("work_out", "keras_cnn_course.lecture.slides"), ("plot", "keras_cnn_course.plots.lecture")):
        function = SLIDES[key].find_function(verb, package)
        assert function.__module__ == f"{package}.{SLIDES[key].module}"


@pytest.mark.parametrize("key", [key for key in SLIDES if SLIDES[key].takes_image])
@pytest.mark.parametrize("shape", [(1, 3), (2, 2)])
def test_an_image_smaller_than_the_kernel_is_refused(key, shape):
    image = NamedImage("tiny", np.ones(shape, dtype=int), np.ones((*shape, 3), dtype=int))
    with pytest.raises(UsageError, match="smaller than the kernel"):
        work_out(key, prepare_material(key, image=image))
