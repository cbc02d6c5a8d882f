"""Wrong solutions of exercise 14."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_COPY = "covered = image.astype(float)"
_PATCH = "covered[row : row + size, column : column + size] = value"
_MAX = "falls[row, column] = score - convolve(covered, kernel).max()"
_CALL = "covered = cover_patch(image, row, column, size, value)"
_SCORE = "score = convolve(image, kernel).max()"

MUTANTS = (
    Mutant(
        "in place",
        "input unchanged",
        ((_COPY, "covered = image if image.dtype == float else image.astype(float)"),),
    ),
    Mutant("whole numbers stay whole numbers", "whole numbers", ((_COPY, "covered = image.copy()"),)),
    Mutant("one pixel", "one pixel", ((_PATCH, "covered[row, column] = value"),)),
    Mutant("one row too many", "one too many", ((_PATCH, _PATCH.replace("size", "size + 1")),)),
    Mutant(
        "rows and columns exchanged",
        "rows and columns exchanged",
        ((_PATCH, "covered[column : column + size, row : row + size] = value"),),
    ),
    Mutant("a patch of zeros", "value ignored", ((_PATCH, _PATCH.replace("= value", "= 0")),)),
    Mutant("added", "added", ((_PATCH, _PATCH.replace("= value", "+= value")),)),
    Mutant(
        "everything but the patch",
        "inside out",
        (
            (
                _PATCH,
                "kept = image[row : row + size, column : column + size].copy()\n    covered[:] = value\n    "
                + _PATCH.replace("value", "kept"),
            ),
        ),
    ),
    Mutant("the wrong sign", "wrong sign", ((_MAX, "falls[row, column] = convolve(covered, kernel).max() - score"),)),
    Mutant("not subtracted", "not subtracted", ((_MAX, "falls[row, column] = convolve(covered, kernel).max()"),)),
    Mutant(
        "patches stay",
        "patches stay",
        ((_SCORE, f"{_SCORE}\n    covered = image"), (_CALL, _CALL.replace("(image", "(covered"))),
    ),
    Mutant("the mean", "mean", ((_SCORE, _SCORE.replace("max", "mean")), (_MAX, _MAX.replace("max", "mean")))),
    Mutant("the sum", "sum", ((_SCORE, _SCORE.replace("max", "sum")), (_MAX, _MAX.replace("max", "sum")))),
    Mutant("absolute", "absolute", (("return falls", "return np.abs(falls)"),)),
    Mutant("cut off at 0", "cut off", (("return falls", "return np.maximum(falls, 0)"),)),
)
