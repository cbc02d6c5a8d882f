"""Wrong solutions of exercise 11."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

MUTANTS = (
    Mutant("probabilities are returned", "shape", (("outputs.argmax(axis=1)", "outputs"),)),
    Mutant("never trained", "chance", (("epochs=8", "epochs=0"),)),
    Mutant("labels in another order", "chance", (("x_train, y_train, batch", "x_train, np.sort(y_train), batch"),)),
    Mutant("one epoch of large batches", "accuracy", (("batch_size=32, epochs=8", "batch_size=256, epochs=1"),)),
)
