"""Exercise 11: train a network on handwritten digits.

Slide "CNN Demo". You get labelled images, and images without labels, whose classes you predict. The grader compares
your predictions with the labels that it has kept. How accurate they must be for full marks was measured over 20
trainings, and the check says it.

The classes are 0 to 9, but a class need not be the digit with that number: learn which it is from y_train.

This builds on exercise 10. While yours does not pass yet, a right one is put in its place here.

Check yours:  kcnn homework check training
"""

import numpy as np


def train_and_predict(x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Train a model and return the class of each image in x_test, as whole numbers (examples,).

    x_train, x_test: (examples, 28, 28, 1), float32 from 0 to 1. y_train: (examples,), whole numbers from 0 to 9.
    One minute of computing is the limit.
    """
    # TODO: build a model, fit it, predict probabilities, and take the most probable class of each image.
    raise NotImplementedError
