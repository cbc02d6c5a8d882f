"""The questions on the second lecture: dense layers, loss, the networks, training, shifts."""

import math

import numpy as np

from keras_cnn_course.homework.authoring.cases import Question

__all__ = ["QUESTIONS"]


def _draw_flatten(generator: np.random.Generator) -> Question:
    height, width, channels = (int(size) for size in generator.permutation(np.arange(3, 16))[:3])
    return Question(
        "flattened",
        f"Feature maps of {height}x{width} with {channels} channels are flattened. How many numbers does the vector "
        "have?",
        height * width * channels,
        ((height * width, "That is one channel."), (height + width + channels, "Multiply the sizes.")),
    )


def _draw_dense(generator: np.random.Generator) -> Question:
    inputs, units = int(generator.integers(20, 100)) * 10, int(generator.integers(2, 30)) * 4
    return Question(
        "dense",
        f"A dense layer turns {inputs} numbers into {units}. How many parameters does it have, with its biases?",
        inputs * units + units,
        (
            (inputs * units, "The biases are missing."),
            (inputs * units + 1, "Each neuron has its own bias."),
            (inputs * units + inputs, "There is one bias per output, not per input."),
        ),
    )


def _draw_probability(generator: np.random.Generator) -> Question:
    classes = int(generator.integers(4, 50)) * 2
    return Question(
        "guess",
        f"A network has {classes} classes, and all its logits are equal. The softmax gives each class the probability "
        "1 divided by which number?",
        classes,
    )


def _draw_loss(generator: np.random.Generator) -> Question:
    power = int(generator.integers(3, 10))
    return Question(
        "loss",
        f"A network gives the correct class the probability 1/{2**power}. The cross entropy of this image is log(2) "
        "times which number?",
        power,
        ((2**power, "The loss is the logarithm of 1 divided by the probability."), (-power, "The loss is positive.")),
    )


def _draw_gradient(generator: np.random.Generator) -> Question:
    percent = int(generator.integers(11, 90))
    return Question(
        "gradient",
        f"The softmax gives the correct class a probability of {percent}%. What is the gradient of the loss with "
        "respect to the logit of this class, times 100?",
        percent - 100,
        (
            (percent, "That is the gradient for a wrong class. For the correct one, subtract 1 from the probability."),
            (100 - percent, "The sign is wrong: a larger logit of the correct class makes the loss smaller."),
        ),
    )


def _draw_one_block(generator: np.random.Generator) -> Question:
    side, filters = 2 * int(generator.integers(8, 20)), 4 * int(generator.integers(2, 10))
    pooled = (side - 2) // 2
    return Question(
        "one_block",
        f"A gray image of {side}x{side} goes through one block: {filters} kernels of 3x3 without padding, ReLU and 2x2 "
        "max pooling. How many numbers are flattened?",
        pooled**2 * filters,
        (
            (pooled**2, "That is one channel; there is one per kernel."),
            ((side - 2) ** 2 * filters, "That is before pooling."),
            ((side // 2) ** 2 * filters, "Without padding, the convolution makes the image smaller."),
        ),
    )


def _draw_two_blocks(generator: np.random.Generator) -> Question:
    side = int(generator.integers(20, 60))
    once = (side - 2) // 2
    return Question(
        "two_blocks",
        f"An image of {side}x{side} goes through two blocks, each with a 3x3 convolution without padding and 2x2 max "
        "pooling. What are the height and the width of the result?",
        ((once - 2) // 2, (once - 2) // 2),
        (
            ((once, once), "That is after one block."),
            ((side // 4, side // 4), "Without padding, each convolution makes the image smaller."),
        ),
    )


def _draw_steps(generator: np.random.Generator) -> Question:
    batch, full = int(generator.integers(2, 13)) * 10, int(generator.integers(5, 40))
    rest = int(generator.integers(1, batch))
    images = batch * full + rest
    return Question(
        "steps",
        f"A training set has {images} images, and a batch has {batch}. The last batch may be smaller. How many steps "
        "does an epoch have?",
        math.ceil(images / batch),
        ((full, "The last, smaller batch is a step, too."), (images, "A step uses a whole batch.")),
    )


def _draw_mistakes(generator: np.random.Generator) -> Question:
    percent, images = int(generator.integers(90, 99)), int(generator.integers(2, 30)) * 100
    return Question(
        "mistakes",
        f"A network classifies {percent}% of {images} test images correctly. How many does it misclassify?",
        images * (100 - percent) // 100,
        ((images * percent // 100, "That is the number of correct answers."),),
    )


def _draw_shift(generator: np.random.Generator) -> Question:
    moved = int(generator.integers(2, 6))
    return Question(
        "shift",
        f"A digit moves by {4 * moved} pixels to the right. By how many pixels does its trace move in the feature maps "
        "after two blocks, each with a 3x3 convolution and 2x2 max pooling?",
        moved,
        (
            (4 * moved, "A convolution keeps the distance, but each pooling halves it."),
            (2 * moved, "That is after one block."),
        ),
    )


QUESTIONS = (
    _draw_flatten,
    _draw_dense,
    _draw_probability,
    _draw_loss,
    _draw_gradient,
    _draw_one_block,
    _draw_two_blocks,
    _draw_steps,
    _draw_mistakes,
    _draw_shift,
)
