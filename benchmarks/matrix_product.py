"""Print the speed of a large matrix product in TensorFlow, which no training on this machine can exceed, as JSON.

The speed is given in GFLOP/s, for float32 and, where the processor has instructions for it, for bfloat16.
"""

import json
import time

from keras_cnn_course.devices import backend
from keras_cnn_course.devices.precision import choose_precision

SIZE, PRODUCTS, TRIALS = 2048, 10, 7


def measure_rate(precision: str) -> float:
    """Return the GFLOP/s of the best of several trials."""
    import tensorflow as tf

    factor = tf.cast(tf.random.normal((SIZE, SIZE)), precision)

    @tf.function(autograph=False)
    def multiply() -> tf.Tensor:
        product = factor
        for _ in range(PRODUCTS):
            product = tf.matmul(product, factor)
        return product

    multiply()
    seconds = []
    for _ in range(TRIALS):
        began = time.perf_counter()
        multiply()
        seconds.append(time.perf_counter() - began)
    return round(2 * SIZE**3 * PRODUCTS / min(seconds) / 1e9, 1)


if __name__ == "__main__":
    started = backend.start()
    precisions = sorted({"float32", choose_precision("auto", started.device)[0]}, reverse=True)
    print(json.dumps({precision: measure_rate(precision) for precision in precisions}))
