"""Exercise 7: how much of the image one pixel of a deep layer sees.

Slide "What numbers were involved in computing this 1?": a 3x3 convolution, then 2x2 pooling: 4x4 input pixels. See it:
kcnn lecture receptive-field     kcnn lecture pool-again

There are two questions for you in answers.toml as well. Answer them before you write any code.

Check yours:  kcnn homework check receptive_field
"""


def receptive_field(layers: tuple[tuple[int, int], ...]) -> int:
    """Return how many input pixels, along one axis, one pixel behind the last layer is computed from.

    layers: a pair (size, stride) for each layer, from the image on. A 3x3 convolution is (3, 1); a 2x2 max pooling is
    (2, 2). No layer at all: 1.
    """
    # TODO: how far apart, in input pixels, are two neighbours of the map that a layer reads?
    raise NotImplementedError
