"""Wrong answers made from a right one by changing a few of its lines, as students do."""

from dataclasses import dataclass

from keras_cnn_course.errors import GraderError

__all__ = ["Mutant", "mutate"]


@dataclass(frozen=True)
class Mutant:
    """A wrong answer.

    Args:
        name: what is wrong with it.
        diagnosis: key of the diagnosis that it must get.
        changes: what to replace in the solution, and by what; each text occurs once.
    """

    name: str
    diagnosis: str
    changes: tuple[tuple[str, str], ...]


def mutate(solution: str, mutant: Mutant) -> str:
    """Return the solution with a mutant's changes.

    Raises:
        GraderError: a text to replace does not occur exactly once.

    >>> mutate("return a + b", Mutant("subtracts", "sign", (("a + b", "a - b"),)))
    'return a - b'
    """
    for old, new in mutant.changes:
        if solution.count(old) != 1:
            raise GraderError(f"Expected {old!r} once in the solution. Received: {solution.count(old)} times.")
        solution = solution.replace(old, new)
    return solution
