"""Filters designed by hand, such as the slides' blur and edges. A network learns its own instead.

>>> FILTERS["blur"].numerators
array([[1, 1, 1],
       [1, 1, 1],
       [1, 1, 1]])
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

__all__ = ["FILTERS", "Filter"]


@dataclass(frozen=True, eq=False)
class Filter:
    """A kernel with a name, stored as fractions with one denominator, so that 1/9 is exact and printed as on the slide.

    Args:
        name: its name on the command line.
        numerators: `(rows, columns)`, int64.
        summary: its effect on an image.
    """

    name: str
    numerators: np.ndarray
    denominator: int = 1
    summary: str = ""

    @property
    def kernel(self) -> np.ndarray:
        """The kernel `(rows, columns)`: int64 if the denominator is 1, otherwise float64."""
        return self.numerators if self.denominator == 1 else self.numerators / self.denominator

    @property
    def is_signed(self) -> bool:
        """True if a weight is negative, so that the output can be negative, too."""
        return bool((self.numerators < 0).any())

    @property
    def size(self) -> str:
        """Rows and columns in the form `3x3`."""
        return f"{self.numerators.shape[0]}x{self.numerators.shape[1]}"

    @property
    def rows_text(self) -> str:
        """The numbers on one line, with rows separated by semicolons."""
        rows = self.numerators.tolist()
        return "; ".join(" ".join(str(Fraction(number, self.denominator)) for number in row) for row in rows)


def _filter(name: str, rows: str, summary: str, denominator: int = 1) -> Filter:
    numerators = np.array([row.split() for row in rows.split("/")], dtype=np.int64)
    return Filter(name, numerators, denominator, summary)


FILTERS: dict[str, Filter] = {
    kernel.name: kernel
    for kernel in (
        _filter("identity", "0 0 0 / 0 1 0 / 0 0 0", "copies the image"),
        _filter("blur", "1 1 1 / 1 1 1 / 1 1 1", "averages each 3x3 neighborhood", 9),
        _filter("horizontal-edges", "-1 -1 -1 / 2 2 2 / -1 -1 -1", "finds horizontal edges and lines"),
        _filter("vertical-edges", "-1 2 -1 / -1 2 -1 / -1 2 -1", "finds vertical edges and lines"),
        _filter("sobel", "-1 0 1 / -2 0 2 / -1 0 1", "is positive where the image gets brighter to the right"),
        _filter("sharpen", "0 -1 0 / -1 5 -1 / 0 -1 0", "raises the contrast of a pixel with its neighbors"),
    )
}
