"""Train a small model with several optimizers, with one replica and with several; writes an .npz of the weights.

usage: python mirrored.py REPLICAS OUT.npz OPTIMIZER...

The devices have to be made before TensorFlow runs anything, so test_update.py runs this in a process of its own.
"""

import sys

from keras_cnn_course.devices import backend

BATCH, IMAGES, EPOCHS = 48, 501, 2


def main(replicas: int, out: str, *names: str) -> None:
    """Train with each of these optimizers, with one replica and with that number."""
    started = backend.start(device="cpu", threads=2, strategy="mirrored", replicas=replicas)
    import keras
    import numpy as np

    from keras_cnn_course.datasets.loading import load_dataset

    digits = load_dataset("digits")
    optimizers = {
        "adam": lambda: keras.optimizers.Adam(0.003),
        "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
        "decayed": lambda: keras.optimizers.AdamW(0.003, weight_decay=1.0),
        "clipped": lambda: keras.optimizers.AdamW(0.003, global_clipnorm=0.1),
    }
    found = {}
    for count, strategy in ((1, None), (replicas, started.distribution.strategy)):
        for name in names:
            results = train(optimizers[name], strategy, digits)
            found |= {f"{count}_{name}_{key}": value for key, value in results.items()}
    np.savez(out, **found)


def train(make_optimizer, strategy, digits):
    """Return the weights before and after, and the scores."""
    import keras
    import numpy as np
    import tensorflow as tf
    from keras import layers

    from keras_cnn_course.training.engine import Engine

    with (strategy or tf.distribute.get_strategy()).scope():
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(4, 3),
                layers.ReLU(),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(10, activation="softmax", kernel_regularizer="l2"),
            ]
        )
        model.compile(make_optimizer(), loss="sparse_categorical_crossentropy")
    before = np.concatenate([weight.ravel() for weight in model.get_weights()])
    engine = Engine(model, batch_size=BATCH, strategy=strategy)
    engine.load(digits.x_train[:IMAGES], digits.y_train[:IMAGES])
    scores = [engine.train(np.random.default_rng(epoch).permutation(IMAGES)) for epoch in range(EPOCHS)]
    after = np.concatenate([weight.ravel() for weight in model.get_weights()])
    test = engine.evaluate(digits.x_test, digits.y_test)
    return {
        "before": before,
        "after": after,
        "loss": [score.loss for score in scores],
        "correct": [score.correct for score in scores],
        "test": [test.loss, test.accuracy],
        "steps": int(model.optimizer.iterations.numpy()),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
