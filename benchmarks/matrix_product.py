"""Print the speed of a large matrix product in TensorFlow, which no training on this machine can exceed, as JSON."""

import json
import time

from keras_cnn_course.devices import backend

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
    backend.start()
    print(json.dumps({precision: measure_rate(precision) for precision in ("float32", "bfloat16")}))
