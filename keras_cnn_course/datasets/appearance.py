"""What the training images look like: the tone of their ground, and whether writing is placed on it as in MNIST.

A network knows the images that it was trained on and no others. So a photograph has to be brought to their look, or
left as it is where they are pictures of any kind. The look is measured once, when a run is trained, and recorded.
"""

from dataclasses import dataclass

__all__ = ["MNIST_LOOK", "Appearance"]


@dataclass(frozen=True, kw_only=True)
class Appearance:
    """The look of a set of images, measured on up to 2,000 of them.

    Args:
        ground: `dark` or `light` if the borders of nearly all images are; otherwise `mixed`.
        colors: whether color images are among them, not only gray ones.
        placing: `centered` for writing in a box of one size with its center of mass in the middle, as in MNIST;
            `free` for everything else.
        box: longer side of what is not ground as a share of the image's side, the median.
    """

    ground: str
    colors: bool
    placing: str
    box: float


MNIST_LOOK = Appearance(ground="dark", colors=False, placing="centered", box=20 / 28)
