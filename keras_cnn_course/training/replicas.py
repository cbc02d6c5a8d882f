"""What one replica of several does in a training step: its share of the batch, and the sum with all others.

Synchronous data parallelism: every replica has the whole model and the whole data set, computes the gradient of its
share of the batch, and updates its copy of the weights with the sum over all replicas. Keras divides the mean loss of a
replica's images by the number of replicas, so the sum is the gradient of the whole batch, and all copies stay what a
single device would have computed, but for the order of the sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

__all__ = ["Share", "leave_gradients_as_they_are", "own_share", "sum_over_replicas"]


@dataclass(frozen=True)
class Share:
    """The part of a batch that this replica computes.

    Args:
        indices: of its images.
        copies: how many replicas compute these same images: 1 where they share the batch, else all of them.
        number: which part of the batch this is; 0 where it is all of it.
    """

    indices: tf.Tensor
    copies: int
    number: tf.Tensor | int


def own_share(batch: tf.Tensor) -> Share:
    """Return this replica's share of a batch of indices `(batch_size,)`, called inside `strategy.run`.

    A batch that the replicas cannot divide evenly, such as the last one of an epoch, is computed whole by each of them:
    the mean of equal gradients is their value.
    """
    context = tf.distribute.get_replica_context()
    replicas, size = context.num_replicas_in_sync, batch.shape[0]
    if replicas == 1 or size % replicas:
        return Share(batch, replicas, 0)
    number, part = context.replica_id_in_sync_group, size // replicas
    return Share(tf.slice(batch, [number * part], [part]), 1, number)


def sum_over_replicas(values: Sequence[Any]) -> list[Any]:
    """Return the sum of each value over all replicas, the same in each; None stays None."""
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return list(values)
    present = [value for value in values if value is not None]
    sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, present))
    return [None if value is None else next(sums) for value in values]


def leave_gradients_as_they_are(optimizer: keras.Optimizer) -> None:
    """Keep an optimizer from summing the gradients over the replicas.

    Keras sums them behind the clipping, which each replica then does on its own. Summed before, they are clipped as a
    single device would clip them.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    inner._all_reduce_sum_gradients = lambda gradients_and_variables: gradients_and_variables
