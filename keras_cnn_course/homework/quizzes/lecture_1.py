"""The questions on the first lecture: convolution, padding, filters, layers, pooling, receptive field."""

import numpy as np

from keras_cnn_course.homework.authoring.cases import Question
from keras_cnn_course.lecture.receptive_field import Stage, receptive_field

__all__ = ["QUESTIONS"]


def _draw_pixel(generator: np.random.Generator) -> Question:
    results: list[int] = []
    while len({*results}) < 4:  # every mistake must change the result
        window, kernel = generator.integers(0, 6, size=(3, 3)), generator.integers(-2, 3, size=(3, 3))
        flipped, ones = kernel[::-1, ::-1], np.ones_like(kernel)
        results = [int((window * weights).sum()) for weights in (kernel, flipped, kernel.T, ones)]
    return Question(
        "pixel",
        f"A window of the image has the rows {_rows(window)}, and the kernel {_rows(kernel)}. Which number does the "
        "lecture's convolution give for this window?",
        results[0],
        (
            (results[1], "The lecture does not flip the kernel."),
            (results[2], "You have exchanged the rows and columns of the kernel."),
            (results[3], "Multiply each pixel by the weight on top of it before you add."),
        ),
    )


def _draw_output_size(generator: np.random.Generator) -> Question:
    height, width = (int(size) for size in generator.permutation(np.arange(9, 60))[:2])
    return Question(
        "output_size",
        f"An image of {height}x{width} pixels is convolved with a 3x3 kernel, without padding. "
        "What are the height and the width of the output?",
        (height - 2, width - 2),
        (
            ((height, width), "That is the size with zeros added around the image."),
            ((height - 3, width - 3), "A 3x3 kernel has two positions fewer than there are pixels, along each axis."),
            ((height - 1, width - 1), "The output loses one pixel on each side, so two in total."),
        ),
    )


def _draw_zeros(generator: np.random.Generator) -> Question:
    height, width = (int(size) for size in generator.permutation(np.arange(5, 30))[:2])
    return Question(
        "zeros",
        f"One ring of zeros is added around an image of {height}x{width} pixels. How many zeros are added?",
        2 * (height + width) + 4,
        (
            (2 * (height + width), "The four corners are missing."),
            (height + width + 2, "Zeros are added on both sides."),
        ),
    )


def _draw_blur(generator: np.random.Generator) -> Question:
    window = generator.integers(0, 10, size=(3, 3))
    return Question(
        "ninths",
        f"A window has the rows {_rows(window)}. The blur filter makes one pixel of it. How many ninths is its value?",
        int(window.sum()),
        ((int(window[1, 1]), "That is the pixel in the middle; the filter averages all nine."),),
    )


def _draw_edge(generator: np.random.Generator) -> Question:
    top, bottom = (int(value) for value in generator.permutation(10)[:2])
    middle = int(generator.integers(10, 20))
    return Question(
        "edge",
        f"In a window, all pixels of the first row are {top}, of the second {middle} and of the third {bottom}. Which "
        "number does the lecture's filter for horizontal edges give, whose rows are -1, 2 and -1?",
        3 * (2 * middle - top - bottom),
        (
            (2 * middle - top - bottom, "That is one column; the window has three."),
            (3 * (top + bottom - 2 * middle), "The sign is wrong: the row in the middle has the weight 2."),
            (0, "That would be a filter for vertical edges."),
        ),
    )


def _draw_parameters(generator: np.random.Generator) -> Question:
    depth, filters = int(generator.integers(2, 9)), int(generator.integers(3, 20)) * 2
    return Question(
        "parameters",
        f"A convolution layer has {filters} kernels of 3x3 and biases. Its input has {depth} channels. How many "
        "parameters does the layer have?",
        filters * (9 * depth + 1),
        (
            (filters * 9 * depth, "The biases are missing."),
            (filters * 9 * depth + 1, "Each kernel has its own bias."),
            (filters * 10, "Each kernel has 3x3 weights for every channel of the input."),
            (filters * (9 + 1) * depth, "A kernel has one bias, not one per channel."),
        ),
    )


def _draw_layer(generator: np.random.Generator) -> Question:
    height, width, filters = (int(size) for size in generator.permutation(np.arange(8, 40))[:3])
    return Question(
        "layer",
        f"An image of {height}x{width} pixels with 3 channels goes through a convolution layer with {filters} kernels "
        "of 3x3, without padding. What are the height, the width and the number of channels of its output?",
        (height - 2, width - 2, filters),
        (
            ((height - 2, width - 2, 3), "The output has one channel per kernel."),
            ((height - 2, width - 2, 3 * filters), "Each kernel adds up the channels, so it gives one channel."),
            ((height, width, filters), "Without padding, the output is smaller than the image."),
        ),
    )


def _draw_relu(generator: np.random.Generator) -> Question:
    values = generator.permutation([int(value) for value in generator.integers(1, 20, size=3)] + [-3, -7, -11])
    return Question(
        "relu",
        f"What is the sum of the numbers {_list(values)} after ReLU?",
        int(values[values > 0].sum()),
        (
            (int(values.sum()), "ReLU sets negative numbers to 0 before you add."),
            (int(np.abs(values).sum()), "ReLU does not change the sign of negative numbers; it sets them to 0."),
        ),
    )


def _draw_pooling(generator: np.random.Generator) -> Question:
    height, width = (int(size) for size in 2 * generator.permutation(np.arange(4, 20))[:2] + 1)
    return Question(
        "pooling",
        f"A feature map of {height}x{width} goes through 2x2 max pooling. What are the height and the width of the "
        "result?",
        (height // 2, width // 2),
        (
            ((height // 2 + 1, width // 2 + 1), "The last row and the last column do not fill a window."),
            ((height - 1, width - 1), "The windows do not overlap: they move by two pixels."),
        ),
    )


def _draw_receptive_field(generator: np.random.Generator) -> Question:
    convolutions = int(generator.integers(1, 4))
    side = receptive_field([Stage(3)] * convolutions + [Stage(2, stride=2)])
    names = {1: "a 3x3 convolution", 2: "two 3x3 convolutions", 3: "three 3x3 convolutions"}
    return Question(
        "receptive_field",
        f"An image goes through {names[convolutions]} and then 2x2 max pooling. How many pixels of the image does one "
        "pixel of the result depend on?",
        side**2,
        (
            (side, "That is one side of the square."),
            ((side - 1) ** 2, "That is before pooling."),
            (9 * convolutions * 4, "The windows of neighboring pixels overlap."),
        ),
    )


def _rows(matrix: np.ndarray) -> str:
    return " / ".join(" ".join(map(str, row)) for row in matrix.tolist())


def _list(values: np.ndarray) -> str:
    texts = [str(value) for value in values.tolist()]
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


QUESTIONS = (
    _draw_pixel,
    _draw_output_size,
    _draw_zeros,
    _draw_blur,
    _draw_edge,
    _draw_parameters,
    _draw_layer,
    _draw_relu,
    _draw_pooling,
    _draw_receptive_field,
)
