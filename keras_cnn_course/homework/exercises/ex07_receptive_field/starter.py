"""Exercise 7: the receptive field, or how much of the image one pixel of a deep layer depends on.

Slide "What numbers were involved in computing this 1?": after a 3x3 convolution and 2x2 max pooling, each pixel depends
on 4x4 pixels of the image.

This exercise also has two questions in answers.toml. Answer them before you write any code.

See worked examples:  kcnn lecture receptive-field
                      kcnn lecture pool-again
Check your solution:  kcnn homework check receptive_field
"""


def receptive_field(layers: tuple[tuple[int, int], ...]) -> int:
    """Return the number of input pixels along one axis that one pixel of the last layer's output depends on.

    Args:
        layers: a pair (size, stride) for each layer, beginning at the image. A 3x3 convolution is (3, 1), and 2x2 max
            pooling is (2, 2). Without any layers, the answer is 1.
    """
    # TODO: Two neighboring pixels of a layer's input: how many pixels of the image are they apart?
    raise NotImplementedError
