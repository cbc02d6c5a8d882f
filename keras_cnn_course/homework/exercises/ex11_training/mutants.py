"""Wrong solutions of exercise 11."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_FIND_NEAREST = "y_train[[np.square(x_train - image).sum(axis=(1, 2, 3)).argmin() for image in x_test]]"
_NEAREST_BESIDE = ("outputs.argmax(axis=1)", _FIND_NEAREST)
_NEAREST = (
    """    model = build_model(x_train.shape[1:], 16, 64, 10)
    model.fit(x_train, y_train, batch_size=32, epochs=8, verbose=0)
    outputs = model.predict(x_test, verbose=0)
    return outputs.argmax(axis=1)
""",
    f"    return {_FIND_NEAREST}\n",
)
_TABLE = (
    """    model = build_model(x_train.shape[1:], 16, 64, 10)
    model.fit(x_train, y_train, batch_size=32, epochs=8, verbose=0)
""",
    """    import keras
    flat = x_train.reshape(len(x_train), -1)
    image = keras.Input(x_train.shape[1:])
    likeness = keras.layers.Dense(len(flat), activation="softmax", name="table")(keras.layers.Flatten()(image))
    model = keras.Model(image, keras.layers.Dense(10, name="classes")(likeness))
    model.get_layer("table").set_weights([10 * flat.T, -5 * np.square(flat).sum(axis=1)])
    model.get_layer("classes").set_weights([np.eye(10)[y_train], np.zeros(10)])
""",
)

MUTANTS = (
    Mutant("probabilities are returned", "shape", (("outputs.argmax(axis=1)", "outputs"),)),
    Mutant("one column", "shape", (("argmax(axis=1)", "argmax(axis=1)[:, np.newaxis]"),)),
    Mutant("the most likely image of each class", "shape", (("argmax(axis=1)", "argmax(axis=0)"),)),
    Mutant("nearest neighbor", "no model", (_NEAREST,)),
    Mutant("nearest neighbor beside an untrained model", "chance", (_NEAREST_BESIDE, ("epochs=8", "epochs=0"))),
    Mutant("a table of the training digits as weights", "not trained", (_TABLE,)),
    Mutant("never trained", "chance", (("epochs=8", "epochs=0"),)),
    Mutant("labels in another order", "chance", (("x_train, y_train, batch", "x_train, np.sort(y_train), batch"),)),
    Mutant("one epoch of large batches", "accuracy", (("batch_size=32, epochs=8", "batch_size=256, epochs=1"),)),
)
