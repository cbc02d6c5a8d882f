"""The lecture's table of contents: every slide with numbers, by a short key.

A slide's numbers are worked out by `work_out_<key>` in lecture/slides/<module>.py, its steps for a page by
`step_through_<key>` there, and its picture is drawn by `plot_<key>` in plots/lecture/<module>.py. This table imports no
NumPy, so that the command line lists and completes slides at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from keras_cnn_course.errors import UsageError, did_you_mean

__all__ = ["SLIDES", "Slide", "check_materials", "find_slide"]


@dataclass(frozen=True, kw_only=True)
class Slide:
    """One slide of the lecture.

    Args:
        key: its name on the command line.
        title: its title in the lecture.
        says: its statement in one line.
        module: the module with its numbers, and the one with its picture.
        filters: the filters it uses unless `--filter` is given: names, or rows of numbers.
        takes_image: whether it can show the reader's own image.
        takes_filter: whether it can use the reader's own filter.
        has_steps: whether its picture is drawn step by step, so that it can be an animation.
        is_stepped: whether a page can show it one step after the other.
        shows_photograph: when it needs a photograph: always, only for its picture, or never.
    """

    key: str
    title: str
    says: str
    module: str
    filters: tuple[str, ...] = ("horizontal-edges",)
    takes_image: bool = False
    takes_filter: bool = False
    has_steps: bool = False
    is_stepped: bool = False
    shows_photograph: Literal["always", "picture", "never"] = "never"

    def find_function(self, verb: str, package: str) -> Callable[..., Any]:
        """Return the function `<verb>_<key>` from the slide's module in a package."""
        module = import_module(f"{package}.{self.module}")
        function: Callable[..., Any] = getattr(module, f"{verb}_{self.key.replace('-', '_')}")
        return function


_ALL = (
    Slide(
        key="convolution",
        title="Convolution: Take dot product!",
        says="Lay the filter on the image, multiply pixel by pixel, add up: one output pixel.",
        module="convolution",
        filters=("identity",),
        takes_image=True,
        takes_filter=True,
        has_steps=True,
        is_stepped=True,
    ),
    Slide(
        key="padding",
        title="Convolution: pad 0's",
        says="The output is smaller than the input, unless zeros are added around the input.",
        module="padding",
        filters=("identity",),
        takes_image=True,
        takes_filter=True,
        is_stepped=True,
    ),
    Slide(
        key="blur",
        title="Convolution: blur",
        says="A filter of nine weights of 1/9 averages each 3x3 neighborhood.",
        module="filtering",
        filters=("blur",),
        takes_image=True,
        is_stepped=True,
        shows_photograph="picture",
    ),
    Slide(
        key="edges",
        title="Convolution: horizontal edges",
        says="A filter with rows of -1, 2 and -1 responds to horizontal edges.",
        module="filtering",
        takes_image=True,
        is_stepped=True,
        shows_photograph="picture",
    ),
    Slide(
        key="photograph",
        title="Very commonly used for: blurring, finding edges",
        says="Blur and horizontal edges, or a filter of your own, applied to a photograph.",
        module="filtering",
        filters=("blur", "horizontal-edges"),
        takes_image=True,
        takes_filter=True,
        shows_photograph="always",
    ),
    Slide(
        key="cross-correlation",
        title="Convolution (a footnote)",
        says="The filter is not flipped, so strictly speaking this is a cross-correlation.",
        module="cross_correlation",
        filters=("sobel",),
        takes_image=True,
        takes_filter=True,
    ),
    Slide(
        key="layer",
        title="Convolution Layer",
        says="Convolve with k filters, add a bias, apply ReLU, stack the outputs.",
        module="layer",
        takes_image=True,
        is_stepped=True,
    ),
    Slide(
        key="depth",
        title="Convolution Layer: depth d",
        says="An image with d channels needs 3x3xd kernels; k of them have k(9d+1) parameters.",
        module="layer",
        takes_image=True,
        is_stepped=True,
    ),
    Slide(
        key="relu",
        title="Max Pooling: after ReLU",
        says="ReLU sets every negative number to 0.",
        module="pooling",
        takes_image=True,
        takes_filter=True,
        is_stepped=True,
    ),
    Slide(
        key="pooling",
        title="Pooling",
        says="Pooling aggregates local information into a smaller image.",
        module="pooling",
        takes_image=True,
        takes_filter=True,
        is_stepped=True,
    ),
    Slide(
        key="max-pooling",
        title="Max Pooling",
        says="Find edges, apply ReLU, then keep the largest number of each 2x2 window.",
        module="pooling",
        takes_image=True,
        takes_filter=True,
        has_steps=True,
        is_stepped=True,
    ),
    Slide(
        key="receptive-field",
        title="What numbers were involved in computing this 1?",
        says="One pixel after pooling captures information from 16 input pixels.",
        module="receptive_field",
        is_stepped=True,
    ),
    Slide(
        key="pool-again",
        title="Applying max pooling again",
        says="One pixel depends on 36 of the 49 input pixels, but not on the entire image.",
        module="receptive_field",
        is_stepped=True,
    ),
    Slide(
        key="block",
        title="Basic Building Block of CNN's",
        says="A convolution layer with its activation, then max pooling.",
        module="layer",
        takes_image=True,
        is_stepped=True,
    ),
    Slide(
        key="dense",
        title="Handwritten Digit Recognition: dense layers",
        says="784 pixels -> dense 512, ReLU -> dense 10, softmax.",
        module="networks",
    ),
    Slide(
        key="loss",
        title='Loss/"error"',
        says="Categorical cross entropy: log(1 / Pr(digit 6)), averaged over the examples.",
        module="loss",
    ),
    Slide(
        key="one-block",
        title="Handwritten Digit Recognition: one block",
        says="Extract low-level visual features and aggregate them, then classify.",
        module="networks",
    ),
    Slide(
        key="two-blocks",
        title="Handwritten Digit Recognition: two blocks",
        says="A second block extracts higher-level features from the output of the first.",
        module="networks",
    ),
    Slide(
        key="demo",
        title="CNN Demo",
        says="The four networks side by side, and the commands that train them.",
        module="networks",
    ),
    Slide(
        key="summary",
        title="CNN's",
        says="Convolution is shift-equivariant; pooling makes it roughly shift-invariant.",
        module="shift",
        takes_filter=True,
    ),
)

SLIDES: dict[str, Slide] = {slide.key: slide for slide in _ALL}
"""All slides by key, in the order of the lecture."""


def find_slide(key: str) -> Slide:
    """Return a slide by its key, which may be written as words, or by its number in the list.

    Raises:
        UsageError: there is no such slide.

    >>> find_slide("blur").filters
    ('blur',)
    >>> find_slide("Max pooling").key
    'max-pooling'
    """
    if key.isdecimal():
        if not 1 <= int(key) <= len(SLIDES):
            raise UsageError(f"The slides have the numbers 1 to {len(SLIDES)}; got {key}. List them with: kcnn lecture")
        return _ALL[int(key) - 1]
    plain = "-".join(key.lower().replace("_", " ").replace("-", " ").split())
    if plain not in SLIDES:
        raise UsageError(f"No slide named {key!r}.{did_you_mean(plain, SLIDES)} List the slides with: kcnn lecture")
    return SLIDES[plain]


def check_materials(slide: Slide, *, has_image: bool, has_filter: bool) -> None:
    """Check that a slide can use the reader's own image or filter, if one is given.

    Raises:
        UsageError: it cannot.
    """
    if has_image and not slide.takes_image:
        raise UsageError(f"Slide {slide.key} does not use an image of your own. Leave out `image=`.")
    if has_filter and not slide.takes_filter:
        raise UsageError(
            f"Slide {slide.key} does not use a filter of your own. Leave out `filter=`, or try: "
            "kcnn lecture photograph --filter ..."
        )
