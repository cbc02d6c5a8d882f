"""Where an exercise's numbers come from: a student's own, which anybody may know, and graded ones, which need a secret.

Each case has a seed of four hexadecimal digits, and whoever has that can replay the case: the secret decides only
which seeds are drawn.
"""

import hashlib
import hmac

__all__ = ["case_seed", "case_words", "graded_key", "public_key"]


def public_key(student: str, exercise: str) -> bytes:
    """Return what a student's public cases of an exercise are drawn from."""
    return hashlib.sha256(f"{student}/{exercise}".encode()).digest()


def graded_key(secret: bytes, student: str, exercise: str) -> bytes:
    """Return what a student's graded cases of an exercise are drawn from; nobody can compute it without the secret."""
    return hmac.digest(secret, f"{student}/{exercise}".encode(), "sha256")


def case_seed(key: bytes, check: str, number: int) -> int:
    """Return the seed of a case, below 65,536.

    >>> f"{case_seed(public_key('ada', 'convolution'), 'random cases', 0):04x}"
    'd9fd'
    """
    return int.from_bytes(hashlib.sha256(key + f"/{check}/{number}".encode()).digest()[:2], "big")


def case_words(exercise: str, check: str, seed: int) -> list[int]:
    """Return what the random generator of a case starts from: the seed, and which exercise and check it belongs to."""
    digest = hashlib.sha256(f"{exercise}/{check}/{seed:04x}".encode()).digest()
    return [int.from_bytes(digest[start : start + 4], "big") for start in range(0, 16, 4)]
