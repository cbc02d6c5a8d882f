"""Exercise 8: how many numbers a network learns.

Slides "Handwritten Digit Recognition": two dense layers, 407,050 parameters; with a convolution block before them,
2,774,858. See where they come from:  kcnn lecture dense     kcnn lecture one-block

There are two questions for you in answers.toml as well. Answer them before you write any code.

Check yours:  kcnn homework check parameters
"""


def count_mlp(inputs: int, units: int, classes: int) -> int:
    """Return the parameters of: a vector of `inputs` numbers -> dense `units` -> dense `classes`."""
    # TODO: each neuron of a dense layer has a weight for each of its inputs, and a bias.
    raise NotImplementedError


def count_cnn(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    """Return the parameters of a network with one block.

    An image (height, width, channels) -> `filters` kernels of 3x3, without padding -> 2x2 max pooling -> flatten ->
    dense `units` -> dense `classes`.
    """
    # TODO: how long is the flattened vector?
    raise NotImplementedError
