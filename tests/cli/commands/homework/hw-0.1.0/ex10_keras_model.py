"""Exercise 10: the lecture's network with one block, in Keras.

Slide "Handwritten Digit Recognition": convolution + ReLU, max pooling, flatten, dense + ReLU, dense. See it:
kcnn lecture one-block     kcnn show cnn

Your model is judged by its weights and by what it computes. Names of layers do not matter.

Check yours:  kcnn homework check keras_model
"""

import keras


def build_model(input_shape: tuple[int, int, int], filters: int, units: int, classes: int) -> keras.Model:
    """Return a compiled model, all of it trainable.

    input_shape: (height, width, channels). filters: kernels of 3x3, without padding, ReLU behind them. Then 2x2 max
    pooling, flatten, dense `units` with ReLU, and dense `classes`.

    The loss is the cross entropy for labels that are whole numbers. Whether the last layer gives probabilities or
    logits is up to you; the loss has to know.
    """
    # TODO: keras.Sequential([keras.Input(input_shape), ...]), then model.compile(optimizer, loss)
    raise NotImplementedError
