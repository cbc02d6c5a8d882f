"""Computing in 16 bits while the model stays a float32 model.

The variables, the optimizer and the saved file are float32 throughout. Only while the training step is traced do the
hidden layers carry a mixed policy, so that the compiled step multiplies in 16 bits; the classifier, whose softmax needs
the digits, stays float32.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

__all__ = ["PRECISIONS", "choose_precision", "computing_in", "cpu_flags"]

PRECISIONS = ("float32", "bfloat16", "float16")
CLEARLY_FASTER = 1.3
PRODUCT_SIZE, TRIALS = 768, 6


def choose_precision(requested: str, device: str) -> tuple[str, str]:
    """Return the precision to compute in, and why.

    `auto` takes, on a CPU, bfloat16 where matrix products are measured to be clearly faster in it: about twice as fast
    with AVX512-BF16 or AMX, slower without, so that a machine always chooses the same. Of a GPU its compute capability
    tells: bfloat16 from 8 on; float16 from 7 on, whose tensor cores have no other.

    Args:
        requested: `auto` or one of `PRECISIONS`.
        device: `cpu` or `gpu:N`.
    """
    if requested != "auto":
        return requested, "as requested"
    if device == "cpu":
        speedup = _measure_speedup("bfloat16")
        reason = f"matrix products measured {speedup:.1f} times as fast in bfloat16 as in float32"
        return ("bfloat16" if speedup >= CLEARLY_FASTER else "float32"), reason
    import tensorflow as tf

    gpu = tf.config.list_physical_devices("GPU")[int(device.partition(":")[2])]
    capability = tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
    reason = f"compute capability {capability[0]}.{capability[1]}"
    if capability >= (8, 0):
        return "bfloat16", reason
    return ("float16", reason) if capability >= (7, 0) else ("float32", reason)


def _measure_speedup(precision: str) -> float:
    """Return how many times faster than in float32 a matrix product is, from the best of several measured in turn.

    Seconds of the processor count, which other programs hardly change: under load the choice stays the same.
    """
    import tensorflow as tf

    best = {"float32": math.inf, precision: math.inf}
    with tf.device("/CPU:0"):
        factors = {name: tf.ones((PRODUCT_SIZE, PRODUCT_SIZE), name) for name in best}
        for _ in range(TRIALS):
            for name, factor in factors.items():
                began = time.process_time()
                tf.matmul(factor, factor).numpy()
                best[name] = min(best[name], time.process_time() - began)
    return best["float32"] / best[precision]


@contextmanager
def computing_in(model: keras.Model, precision: str) -> Iterator[None]:
    """Let the hidden layers of `model` compute in a precision while the body traces them."""
    if precision == "float32":
        yield
        return
    hidden = _hidden_layers(model)
    policies = [layer.dtype_policy for layer in hidden]
    try:
        for layer in hidden:
            layer.dtype_policy = f"mixed_{precision}"
        yield
    finally:
        for layer, policy in zip(hidden, policies, strict=True):
            layer.dtype_policy = policy


def _hidden_layers(model: keras.Model) -> list[Any]:
    """Return the layers, nested ones too, before the last one that has weights; that one and what follows classify."""
    layers = [layer for layer in model._flatten_layers(include_self=False) if not isinstance(layer, keras.Model)]
    weighted = [position for position, layer in enumerate(layers) if layer.weights]
    return layers[: weighted[-1]] if weighted else []


def cpu_flags() -> set[str]:
    """Return the instruction sets that Linux reports, such as `avx512_bf16`; empty on another system."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return set()
    return {word for line in text.splitlines() if line.startswith("flags") for word in line.split()}
