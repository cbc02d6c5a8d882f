"""Mutants: wrong versions of a solution, made by changing a few of its lines as students do."""

from dataclasses import dataclass

from keras_cnn_course.errors import GraderError

__all__ = ["Mutant", "mutate"]


@dataclass(frozen=True)
class Mutant:
    """A wrong version of a solution.

    Args:
        name: describes the mistake.
        diagnosis: key of the diagnosis that the grader must give.
        changes: pairs of a text that occurs once in the solution, and its replacement.
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
            raise GraderError(
                f"The mutant {mutant.name!r} replaces {old!r}, which occurs {solution.count(old)} times in the "
                "solution; it must occur once."
            )
        solution = solution.replace(old, new)
    return solution
