"""Exercise 9: the cross entropy of logits, and its gradient.

Slide 'Loss/"error"': for an image of a 6, the loss is log(1 / Pr(digit 6)). The loss of several images is the average.

Logits are the numbers before the softmax. They can be large, and exp(1000) overflows to infinity. If the loss becomes
infinite or nan, the training cannot continue. Only the differences between logits matter, so you can subtract the
largest logit of an image from all its logits.

See a worked example:  kcnn lecture loss
Check your solution:   kcnn homework check cross_entropy
"""

import numpy as np


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of log(1 / probability of the correct class) over all examples, with the natural logarithm.

    Args:
        logits: shape (examples, classes). The probabilities are softmax(logits).
        labels: shape (examples,), the correct class of each example as an integer from 0.
    """
    # TODO: log(softmax(x)) = x - log(sum(exp(x))), after subtracting the largest x.
    raise NotImplementedError


def cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the derivative of `cross_entropy` with respect to each logit.

    Args:
        logits: shape (examples, classes).
        labels: shape (examples,).

    Returns:
        An array of shape (examples, classes).
    """
    # TODO: For one example, it is the probabilities, minus 1 at the correct class. How does the mean change this?
    raise NotImplementedError
