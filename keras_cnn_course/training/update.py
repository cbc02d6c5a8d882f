"""Applying gradients in few fused operations.

Keras's Adam takes about ten operations a variable, each a pass over memory. TensorFlow has the same arithmetic as one
operation. Where the optimizer is a plain Adam or SGD, that operation updates the optimizer's own variables, so its
state, its checkpoints and its learning rate are what they always are; any other optimizer runs as Keras wrote it.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

__all__ = ["apply_gradients", "why_not_fused"]


def why_not_fused(optimizer: keras.Optimizer, variables: Sequence[Any]) -> str | None:
    """Return why the fused update cannot be used, or None where it can."""
    if type(optimizer) not in (keras.optimizers.Adam, keras.optimizers.SGD):
        return f"{type(optimizer).__name__} has no fused update"
    changed = [name for name, plain in _PLAIN.items() if getattr(optimizer, name, plain) != plain]
    if changed:
        return f"the optimizer uses {', '.join(changed)}"
    if any(variable.constraint is not None or variable.dtype != "float32" for variable in variables):
        return "a variable has a constraint or is not float32"
    return None


_PLAIN: dict[str, Any] = {
    "amsgrad": False,
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


def apply_gradients(optimizer: keras.Optimizer, gradients: Sequence[tf.Tensor], variables: Sequence[Any]) -> None:
    """Update the variables as `optimizer.apply(gradients, variables)` does, fused where that is possible."""
    if why_not_fused(optimizer, variables) or any(
        gradient is None or isinstance(gradient, tf.IndexedSlices) for gradient in gradients
    ):
        optimizer.apply(gradients, variables)
        return
    update = _apply_adam if isinstance(optimizer, keras.optimizers.Adam) else _apply_sgd
    update(optimizer, gradients, variables)
    optimizer.iterations.assign_add(1)


def _apply_adam(optimizer: keras.optimizers.Adam, gradients: Sequence[tf.Tensor], variables: Sequence[Any]) -> None:
    """Adam as Keras has it: Kingma and Ba (2015), in the form of their section 2 with epsilon after the correction."""
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
    """Plain gradient descent, or with (Nesterov) momentum as Keras has it."""
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
