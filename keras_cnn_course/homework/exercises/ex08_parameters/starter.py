"""Exercise 8: the number of parameters of an MLP and of a CNN.

Slide "Handwritten Digit Recognition: dense layers": two dense layers have 407,050 parameters. Slide "Handwritten Digit
Recognition: one block": with a convolution and pooling before them, the network has 2,774,858 parameters.

This exercise also has two questions in answers.toml. Answer them before you write any code.

See worked examples:  kcnn lecture dense
                      kcnn lecture one-block
Check your solution:  kcnn homework check parameters
"""


def count_mlp(inputs: int, units: int, classes: int) -> int:
    """Return the number of parameters of a network with two dense layers.

    The network: a vector of `inputs` numbers -> dense layer of `units` neurons -> dense layer of `classes` neurons.
    """
    # TODO: Each neuron of a dense layer has one weight for each of its inputs, and a bias.
    raise NotImplementedError


def count_cnn(height: int, width: int, channels: int, filters: int, units: int, classes: int) -> int:
    """Return the number of parameters of a network with one block.

    The network: an image of shape (height, width, channels) -> convolution with `filters` 3x3 kernels, no padding ->
    2x2 max pooling -> flatten -> dense layer of `units` neurons -> dense layer of `classes` neurons.
    """
    # TODO: How long is the flattened vector?
    raise NotImplementedError
