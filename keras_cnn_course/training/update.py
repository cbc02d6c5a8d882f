"""From gradients to new weights: summed over the replicas, then applied in a few fused operations.

Several replicas train with synchronous data parallelism. Each has the whole model and the whole data set, computes the
gradient of its share of the batch, and updates its copy of the weights with the sum over all replicas. Keras divides
the mean loss of a replica's images by the number of replicas, so the sum is the gradient of the whole batch. All copies
stay equal. They are what a single device would have computed, except for the order of the sums, as long as each image
is computed by itself and without random numbers: those of augmentation and dropout depend on the number of replicas,
and so do the statistics of BatchNormalization, which are those of a replica's share.

Keras's Adam takes about ten operations per variable, each a pass over memory. TensorFlow has the same arithmetic as one
operation, and weight decay takes two more. For a plain Adam, AdamW or SGD these operations update the optimizer's own
variables, so its state, checkpoints and learning rate work as usual. Any other optimizer runs as Keras wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = [
    "Share",
    "apply_gradients",
    "count_steps",
    "finalizes",
    "leave_gradients_as_they_are",
    "own_schedule",
    "own_share",
    "read_learning_rate",
    "sum_over_replicas",
    "why_not_fused",
]


@dataclass(frozen=True)
class Share:
    """The part of a batch that this replica computes.

    Args:
        indices: of its images.
        copies: number of replicas that compute these same images: 1 where they share the batch, otherwise all.
        number: which part of the batch this is; 0 if it is the whole batch.
    """

    indices: tf.Tensor
    copies: int
    number: tf.Tensor | int


def own_share(batch: tf.Tensor) -> Share:
    """Return this replica's share of a batch of indices `(batch_size,)`. Call it inside `strategy.run`.

    A batch that the replicas cannot divide evenly, such as the last one of an epoch, is computed by each of them as a
    whole: the mean of equal gradients is the gradient.
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

    Keras sums them after the clipping, which each replica then does by itself. Summed before, they are clipped as a
    single device would clip them.
    """
    _inner(optimizer)._all_reduce_sum_gradients = lambda gradients_and_variables: gradients_and_variables


def count_steps(optimizer: keras.Optimizer) -> tf.Tensor:
    """Return the number of optimizer steps so far, each of one batch, also where several of them make one update."""
    return _inner(optimizer)._iterations.value  # `iterations` counts the updates of accumulated gradients


def own_schedule(optimizer: keras.Optimizer) -> str | None:
    """Return the class of the schedule that an optimizer was made with, or None if its learning rate is a number."""
    rate = _inner(optimizer)._learning_rate
    return None if isinstance(rate, keras.Variable) else getattr(rate, "__name__", type(rate).__name__)


def read_learning_rate(optimizer: keras.Optimizer) -> float:
    """Return the learning rate of the last step, or of the next where the optimizer has a schedule, with six digits."""
    return float(f"{float(np.asarray(optimizer.learning_rate)):.6g}")


def finalizes(optimizer: keras.Optimizer) -> bool:
    """Return whether an optimizer replaces the weights when the training is over, as one with `use_ema` does."""
    inner = _inner(optimizer)
    return bool(inner.use_ema) or _is_own(inner.finalize_variable_values)


def _inner(optimizer: keras.Optimizer) -> Any:
    """Return the recipe's optimizer, without the one around it that scales the loss."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _is_own(method: Any) -> bool:
    return not str(getattr(method, "__module__", "")).startswith("keras.")


def why_not_fused(optimizer: keras.Optimizer, variables: Sequence[Any]) -> str | None:
    """Return the reason why the fused update cannot be used, or None if it can."""
    if type(optimizer) not in (keras.optimizers.Adam, keras.optimizers.AdamW, keras.optimizers.SGD):
        return f"{type(optimizer).__name__} has no fused update"
    if any(_is_own(getattr(optimizer, name)) for name in ("apply_gradients", "apply", "update_step")):
        return "the recipe has replaced a method of the optimizer"
    changed = [name for name, plain in _PLAIN.items() if getattr(optimizer, name, plain) != plain]
    if changed:
        return f"the optimizer uses {', '.join(changed)}"
    if any(variable.constraint is not None or variable.dtype != "float32" for variable in variables):
        return "a variable has a constraint or is not float32"
    return None


_PLAIN: dict[str, Any] = {
    "amsgrad": False,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


def apply_gradients(optimizer: keras.Optimizer, gradients: Sequence[tf.Tensor], variables: Sequence[Any]) -> None:
    """Update the variables as `optimizer.apply_gradients` does, fused where possible."""
    if why_not_fused(optimizer, variables) or any(
        gradient is None or isinstance(gradient, tf.IndexedSlices) for gradient in gradients
    ):
        optimizer.apply_gradients(zip(gradients, variables, strict=True))  # as `fit` does: it may be overridden
        return
    _decay_weights(optimizer, variables)
    update = _apply_adam if isinstance(optimizer, keras.optimizers.Adam) else _apply_sgd
    update(optimizer, gradients, variables)
    optimizer.iterations.assign_add(1)


def _decay_weights(optimizer: keras.Optimizer, variables: Sequence[Any]) -> None:
    """Shrink each weight by the learning rate times the weight decay. Keras, too, does it before the step."""
    if optimizer.weight_decay is None:
        return
    share = tf.cast(optimizer.learning_rate, tf.float32) * optimizer.weight_decay
    for variable in variables:
        if optimizer._use_weight_decay(variable):
            tf.raw_ops.AssignSubVariableOp(resource=variable.value.handle, value=variable * share)


def _apply_adam(optimizer: keras.optimizers.Adam, gradients: Sequence[tf.Tensor], variables: Sequence[Any]) -> None:
    """Adam as in Keras: Kingma and Ba (2015), the form of their section 2 with epsilon after the correction."""
    step = tf.cast(optimizer.iterations + 1, tf.float32)
    beta_1, beta_2 = tf.constant(optimizer.beta_1, tf.float32), tf.constant(optimizer.beta_2, tf.float32)
    learning_rate = tf.cast(optimizer.learning_rate, tf.float32)
    for variable, gradient in zip(variables, gradients, strict=True):
        index = optimizer._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=optimizer._momentums[index].value.handle,
            v=optimizer._velocities[index].value.handle,
            beta1_power=beta_1**step,
            beta2_power=beta_2**step,
            lr=learning_rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )


def _apply_sgd(optimizer: keras.optimizers.SGD, gradients: Sequence[tf.Tensor], variables: Sequence[Any]) -> None:
    """Plain gradient descent, or with (Nesterov) momentum as in Keras."""
    learning_rate = tf.cast(optimizer.learning_rate, tf.float32)
    for variable, gradient in zip(variables, gradients, strict=True):
        if not optimizer.momentum:
            tf.raw_ops.ResourceApplyGradientDescent(var=variable.value.handle, alpha=learning_rate, delta=gradient)
            continue
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.value.handle,
            accum=optimizer.momentums[optimizer._get_variable_index(variable)].value.handle,
            lr=learning_rate,
            grad=gradient,
            momentum=optimizer.momentum,
            use_nesterov=optimizer.nesterov,
        )
