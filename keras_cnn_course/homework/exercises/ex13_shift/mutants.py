"""Wrong solutions of exercise 13."""

from keras_cnn_course.homework.authoring.cases import Mutant

__all__ = ["MUTANTS"]

_ROW = "0 <= row - rows < height and 0 <= column - columns < width"
_SOURCE = "image[row - rows, column - columns]"
_POOL = "    for _ in range(poolings):\n        before, after = max_pool(before), max_pool(after)\n"

MUTANTS = (
    Mutant(
        "wrap-around",
        "wrap-around",
        ((_ROW, "True"), (_SOURCE, "image[(row - rows) % height, (column - columns) % width]")),
    ),
    Mutant(
        "the other direction",
        "other direction",
        (
            (_ROW, _ROW.replace(" - rows", " + rows").replace(" - columns", " + columns")),
            (_SOURCE, "image[row + rows, column + columns]"),
        ),
    ),
    Mutant(
        "rows and columns exchanged",
        "rows and columns exchanged",
        (("    height, width = image.shape", "    rows, columns = columns, rows\n    height, width = image.shape"),),
    ),
    Mutant("never pooled", "not pooled", ((_POOL, ""),)),
    Mutant("pooled once", "pooled once", ((_POOL, "    before, after = max_pool(before), max_pool(after)\n"),)),
    Mutant(
        "divided by a sum of signed numbers",
        "signs",
        (
            ("np.abs(before).sum() + np.abs(after).sum()", "(before + after).sum()"),
            ("if total > 0 else", "if total else"),
        ),
    ),
    Mutant("zero divided by zero", "nan", ((" if total > 0 else 0.0", ""),)),
    Mutant("not divided", "not divided", (("np.abs(after - before).sum() / total", "np.abs(after - before).sum()"),)),
)
