"""Exercise 10: a CNN with one block in Keras.

Slide "Basic Building Block of CNN's": a convolution with ReLU, followed by max pooling. Slide "Handwritten Digit
Recognition: one block": after the block come flatten, a dense layer with ReLU, and a dense layer.

The checks compare the weights and the outputs of your model with the lecture's network. You may name the layers as you
like.

See worked examples:  kcnn lecture one-block
                      kcnn show cnn
Check your solution:  kcnn homework check keras_model
"""

import keras


def build_model(input_shape: tuple[int, int, int], filters: int, units: int, classes: int) -> keras.Model:
    """Build and compile a model with one block. All its weights are trainable.

    The layers: convolution with `filters` 3x3 kernels, no padding and ReLU -> 2x2 max pooling -> flatten -> dense
    layer of `units` neurons with ReLU -> dense layer of `classes` neurons.

    The loss is the cross entropy for integer labels. The last layer may output probabilities or logits, as long as the
    loss matches it.

    Args:
        input_shape: (height, width, channels).
        filters: number of kernels of the convolution.
        units: number of neurons of the first dense layer.
        classes: number of classes.
    """
    # TODO: keras.Sequential([keras.Input(input_shape), ...]), then model.compile(optimizer, loss)
    raise NotImplementedError
