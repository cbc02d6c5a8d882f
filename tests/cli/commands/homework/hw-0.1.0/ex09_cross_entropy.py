"""Exercise 9: cross entropy from logits, and its gradient.

Slide 'Loss/"error"': log(1 / Pr(digit 6)) for an image of a 6, averaged over the examples. See it:  kcnn lecture loss

Logits are what comes before the softmax. They can be large: exp(1000) is infinite for a computer, and a loss that is
infinite or nan ends a training. Only differences of logits count, so the largest one may be subtracted from all.

Check yours:  kcnn homework check cross_entropy
"""

import numpy as np


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean, over the examples, of log(1 / probability of the label), with the natural logarithm.

    logits: (examples, classes). labels: (examples,), whole numbers from 0. The probabilities are softmax(logits).
    """
    # TODO: log(softmax(x)) = x - log(sum(exp(x))), after the largest x is subtracted.
    raise NotImplementedError


def cross_entropy_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the derivative of `cross_entropy` by each logit: (examples, classes)."""
    # TODO: it is the probabilities, less 1 at the label; and the loss is a mean.
    raise NotImplementedError
