"""Exercise 11: train a network on handwritten digits.

Slide "CNN Demo". You get training images with labels, and test images without labels. Train a Keras model on the
training images, and return the class that it predicts for each test image. The grader knows the correct classes. It
measures the accuracy of what you return and the accuracy of your model, and the lower one counts. The check prints the
accuracy that you need for full marks; it was measured with 20 trainings of a reference solution.

The classes are numbered 0 to 9, but class 3 need not be the digit 3: the digits are renumbered. Learn the classes from
y_train.

This exercise builds on exercise 10: you can import `build_model` from ex10_keras_model. Until your exercise 10 passes,
a correct `build_model` is used instead of yours.

Check your solution:  kcnn homework check training
"""

import numpy as np


def train_and_predict(x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Train a model and predict the class of each image in x_test. You have one minute of computing time.

    Args:
        x_train: images of shape (examples, 28, 28, 1), float32 from 0 to 1.
        y_train: labels of shape (examples,), integers from 0 to 9.
        x_test: images like x_train.

    Returns:
        An array of shape (examples,) with integers from 0 to 9.
    """
    # TODO: Build a model, fit it, predict the probabilities, and return the most likely class of each image.
    raise NotImplementedError
