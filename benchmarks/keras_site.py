"""Train the MNIST convnet of the Keras website (keras.io/examples/vision/mnist_convnet) to 99% test accuracy.

usage: python benchmarks/keras_site.py [--target 0.99] [--max-epochs 15]

Network and settings are those of the page: two blocks of 32 and 64 kernels, dropout of one half, a softmax classifier;
Adam, batches of 128, a tenth of the images for validation. Prints one line of JSON per epoch, with the training seconds
so far and the test accuracy, and stops when the target is reached.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from contenders import load_arrays
from keras import layers

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--target", type=float, default=0.99)
parser.add_argument("--max-epochs", type=int, default=15)
options = parser.parse_args()
arrays = load_arrays(60_000)
x_train, x_test = (arrays[name].astype("float32")[..., None] / 255 for name in ("x_train", "x_test"))
y_train, y_test = (keras.utils.to_categorical(arrays[name], 10) for name in ("y_train", "y_test"))
model = keras.Sequential([keras.Input((28, 28, 1))])
for filters in (32, 64):
    model.add(layers.Conv2D(filters, 3, activation="relu"))
    model.add(layers.MaxPooling2D())
model.add(layers.Flatten())
model.add(layers.Dropout(0.5))
model.add(layers.Dense(10, activation="softmax"))
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
seconds = 0.0
for epoch in range(1, options.max_epochs + 1):
    began = time.perf_counter()
    model.fit(x_train, y_train, batch_size=128, epochs=1, validation_split=0.1, verbose=0)
    seconds += time.perf_counter() - began
    accuracy = model.evaluate(x_test, y_test, batch_size=1000, verbose=0)[1]
    print(
        json.dumps({"epoch": epoch, "fit_seconds": round(seconds, 2), "test_accuracy": round(accuracy, 4)}), flush=True
    )
    if accuracy >= options.target:
        break
