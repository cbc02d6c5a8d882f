"""Choosing the precision to compute in: 16 bits where that is clearly faster on this device."""

import math
import time

from keras_cnn_course.devices.onednn import find_bfloat16
from keras_cnn_course.errors import unknown_name

__all__ = ["PRECISIONS", "check_precision", "choose_precision"]

PRECISIONS = ("float32", "bfloat16", "float16")
CLEARLY_FASTER = 1.3
PRODUCT_SIZE, TRIALS = 768, 6


def check_precision(requested: object) -> None:
    """Check the name of a precision: `auto` or one of `PRECISIONS`.

    Raises:
        UsageError: there is no such precision.
    """
    if requested not in ("auto", *PRECISIONS):
        raise unknown_name("precision", str(requested), ("auto", *PRECISIONS))


def choose_precision(requested: str, device: str) -> tuple[str, str]:
    """Return the precision to compute in, and the reason.

    On a CPU, `auto` chooses bfloat16 if the processor multiplies it with instructions of its own: AVX512-BF16 or AMX.
    Matrix products are about twice as fast with them and up to three times slower without, so all other processors,
    those of ARM and Apple among them, get float32. Where the system does not report the instructions, which is
    the case for AVX-512 under Windows, matrix products are timed. On a GPU the compute capability decides: bfloat16
    from 8.0, float16 from 7.0, whose tensor cores know nothing else.

    Args:
        requested: `auto` or one of `PRECISIONS`.
        device: `cpu` or `gpu:N`.

    Raises:
        UsageError: there is no such precision.
    """
    check_precision(requested)
    if requested != "auto":
        return requested, "as requested"
    if device == "cpu":
        fast, reason = find_bfloat16()
        if fast is None:
            speedup = _measure_speedup("bfloat16")
            fast = speedup >= CLEARLY_FASTER
            reason = f"in bfloat16, matrix products are {speedup:.1f} times as fast as in float32"
        return ("bfloat16" if fast else "float32"), reason
    import tensorflow as tf

    gpu = tf.config.list_physical_devices("GPU")[int(device.partition(":")[2])]
    capability = tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
    reason = f"compute capability {capability[0]}.{capability[1]}"
    if capability >= (8, 0):
        return "bfloat16", reason
    return ("float16", reason) if capability >= (7, 0) else ("float32", reason)


def _measure_speedup(precision: str) -> float:
    """Return how many times faster a matrix product is than in float32, from the best of several measured in turn."""
    import tensorflow as tf

    best = {"float32": math.inf, precision: math.inf}
    with tf.device("/CPU:0"):
        factors = {name: tf.ones((PRODUCT_SIZE, PRODUCT_SIZE), name) for name in best}
        for _ in range(TRIALS):
            for name, factor in factors.items():
                began = time.perf_counter()
                tf.matmul(factor, factor).numpy()
                best[name] = min(best[name], time.perf_counter() - began)
    return best["float32"] / best[precision]
