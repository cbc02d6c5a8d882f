"""The lecture's table of contents, as data: every slide with numbers in it, by a short key.

No NumPy is imported here: the command line lists and completes slides without it.
"""

from dataclasses import dataclass

from keras_cnn_course.errors import UsageError, did_you_mean

__all__ = ["SLIDES", "Slide", "check_materials", "find_slide"]


@dataclass(frozen=True, kw_only=True)
class Slide:
    """One slide of the lecture.

    Args:
        key: as on the command line.
        title: as on the slide.
        says: what it says, in one line.
        filters: what it works with unless `--filter` is given: names, or rows of numbers.
        takes_image: whether `--image` means something for it.
        takes_filter: whether `--filter` means something for it.
        shows_photograph: whether it is about a photograph: `always`, only in its `picture`, or `never`.
    """

    key: str
    title: str
    says: str
    filters: tuple[str, ...] = ("horizontal-edges",)
    takes_image: bool = False
    takes_filter: bool = False
    shows_photograph: str = "never"


_ALL = (
    Slide(
        key="convolution",
        title="Convolution: Take dot product!",
        says="Lay the filter on the image, multiply in place, sum: one output pixel.",
        filters=("identity",),
        takes_image=True,
        takes_filter=True,
    ),
    Slide(
        key="padding",
        title="Convolution: pad 0's",
        says="The output is smaller than the input, unless zeros are added around it.",
        filters=("identity",),
        takes_image=True,
        takes_filter=True,
    ),
    Slide(
        key="blur",
        title="Convolution: blur",
        says="A filter of nine times 1/9 averages the neighbourhood.",
        filters=("blur",),
        takes_image=True,
        shows_photograph="picture",
    ),
    Slide(
        key="edges",
        title="Convolution: horizontal edges",
        says="A filter -1 / 2 / -1 answers to horizontal edges.",
        takes_image=True,
        shows_photograph="picture",
    ),
    Slide(
        key="photograph",
        title="Very commonly used for: blurring, finding edges",
        says="The same two filters on a photograph; or a filter of your own.",
        filters=("blur", "horizontal-edges"),
        takes_image=True,
        takes_filter=True,
        shows_photograph="always",
    ),
    Slide(
        key="cross-correlation",
        title="Convolution (a footnote)",
        says="No filter is flipped, so strictly this is a cross-correlation.",
        filters=("sobel",),
        takes_image=True,
        takes_filter=True,
    ),
    Slide(
        key="layer",
        title="Convolution Layer",
        says="Convolve with k filters, add a bias, apply ReLU, stack the outputs.",
        takes_image=True,
    ),
    Slide(
        key="depth",
        title="Convolution Layer: depth d",
        says="An image of d channels needs kernels of 3x3xd; k of them have k(9d+1) parameters.",
        takes_image=True,
    ),
    Slide(
        key="relu",
        title="Max Pooling: after ReLU",
        says="ReLU sets every negative number to 0.",
        takes_image=True,
        takes_filter=True,
    ),
    Slide(
        key="pooling",
        title="Pooling",
        says="Aggregate local information into a smaller image.",
        takes_image=True,
        takes_filter=True,
    ),
    Slide(
        key="max-pooling",
        title="Max Pooling",
        says="Edges, ReLU, then the largest number of each 2x2 window, one by one.",
        takes_image=True,
        takes_filter=True,
    ),
    Slide(
        key="receptive-field",
        title="What numbers were involved in computing this 1?",
        says="One pixel after pooling captures information from 16 input pixels.",
    ),
    Slide(
        key="pool-again",
        title="Applying max pooling again",
        says="One pixel that captures 36 of the 49 input pixels: almost the entire image.",
    ),
    Slide(
        key="block",
        title="Basic Building Block of CNN's",
        says="A convolution layer with its activation, then max pooling.",
        takes_image=True,
    ),
    Slide(
        key="dense",
        title="Handwritten Digit Recognition: dense layers",
        says="784 pixels -> dense 512, ReLU -> dense 10, softmax.",
    ),
    Slide(key="loss", title='Loss/"error"', says="Categorical cross entropy: log(1 / Pr(digit 6)), averaged."),
    Slide(
        key="one-block",
        title="Handwritten Digit Recognition: one block",
        says="Extract low-level visual features and aggregate, then classify.",
    ),
    Slide(
        key="two-blocks",
        title="Handwritten Digit Recognition: two blocks",
        says="Then extract higher-level visual features and aggregate.",
    ),
    Slide(key="demo", title="CNN Demo", says="The four networks side by side, and how to train them."),
    Slide(
        key="summary",
        title="CNN's",
        says="Convolution is shift-equivariant; invariance comes, roughly, from pooling.",
        takes_filter=True,
    ),
)

SLIDES: dict[str, Slide] = {slide.key: slide for slide in _ALL}
"""All slides by key, in the order of the lecture."""


def find_slide(key: str) -> Slide:
    """Return a slide by its key.

    Raises:
        UsageError: there is no such slide.

    >>> find_slide("blur").filters
    ('blur',)
    """
    if key not in SLIDES:
        raise UsageError(
            f"Expected a slide of those that `kcnn lecture` lists. Received: {key!r}.{did_you_mean(key, SLIDES)}"
        )
    return SLIDES[key]


def check_materials(slide: Slide, *, has_image: bool, has_filter: bool) -> None:
    """Check that a slide has a use for the reader's own image or filter, if there is one.

    Raises:
        UsageError: it has not.
    """
    if has_image and not slide.takes_image:
        raise UsageError(f"Expected no --image for slide {slide.key}, which is about no image. Leave it out.")
    if has_filter and not slide.takes_filter:
        raise UsageError(
            f"Expected no --filter for slide {slide.key}, which has its own numbers. Leave it out, or try: "
            "kcnn lecture photograph --filter ..."
        )
