"""Renamed copies are listed; independent solutions, starters and what everybody has are not."""

import re
import time
from itertools import combinations

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
from keras_cnn_course.homework.grading.similarity import find_alike, split_words

CONVOLUTION, SHIFT = find_exercise("convolution"), find_exercise("shift")

# Two students who each wrote four loops on their own.
ADA = """
import numpy as np

def convolve(image, kernel):
    h, w = image.shape
    kh, kw = kernel.shape
    out = np.zeros((h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            total = 0
            for a in range(kh):
                for b in range(kw):
                    total += image[i + a][j + b] * kernel[a][b]
            out[i][j] = total
    return out
"""
GRACE = """
import numpy as np

def convolve(image, kernel):
    out_rows = image.shape[0] - kernel.shape[0] + 1
    out_cols = image.shape[1] - kernel.shape[1] + 1
    res = []
    for r in range(out_rows):
        line = []
        for c in range(out_cols):
            patch = image[r:r + kernel.shape[0], c:c + kernel.shape[1]]
            s = 0.0
            for x, y in zip(patch.ravel(), kernel.ravel()):
                s = s + x * y
            line.append(s)
        res.append(line)
    return np.array(res)
"""


class WithoutSolutions:
    """An exercise whose solutions are not known, so that they stand for what students write."""

    def __init__(self, exercise):
        self.exercise, self.stem, self.name, self.accepted = exercise, exercise.stem, exercise.name, {}

    def read(self, name):
        return self.exercise.read(name) if name == "starter.py" else ""


def rename(source):
    """Return a copy with other names for all variables, other comments, texts and empty lines."""
    names = set(re.findall(r"^\s+(\w+) =", source, re.MULTILINE)) | set(re.findall(r"for (\w+)", source))
    for name in names:
        source = re.sub(rf"(?<!\.)\b{name}\b", f"my_{name}", source)
    return source.replace("\n    ", "\n\n    # Mine.\n    ", 3).replace("Return", "Give")


@pytest.mark.parametrize("exercise", list_exercises(), ids=lambda exercise: exercise.name)
def test_independent_solutions_are_not_listed_and_renamed_copies_are(exercise):
    solutions = {"solution": exercise.read("solution.py"), **exercise.accepted}
    unknown = WithoutSolutions(exercise)
    assert find_alike({name: {exercise.stem: text} for name, text in solutions.items()}, [unknown], threshold=0.8) == []
    copied = {}
    for name, text in solutions.items():
        both = {"original": {exercise.stem: text}, "copy": {exercise.stem: rename(text)}}
        copied[name] = find_alike(both, [unknown], threshold=0.8)
    assert [name for name, pairs in copied.items() if not pairs] == (["solution"] if exercise.name == "relu" else [])
    # The solutions of the course say nothing: a student who passed may read them.
    works = {name: {exercise.stem: text} for name, text in [*solutions.items(), ("copy", solutions["solution"])]}
    assert find_alike(works, [exercise], threshold=0.8) == []


def test_two_students_with_loops_of_their_own_are_not_alike_and_a_copy_with_more_is():
    works = {"ada": {CONVOLUTION.stem: ADA}, "grace": {CONVOLUTION.stem: GRACE}}
    assert find_alike(works, [CONVOLUTION], threshold=0.5) == []
    works["eve"] = {CONVOLUTION.stem: rename(GRACE) + "\n\ndef other(x):\n    return [y * 2 for y in x if y > 3]\n"}
    (pair,) = find_alike(works, [CONVOLUTION], threshold=0.8)
    assert (pair.first, pair.second, pair.exercise) == ("grace", "eve", "convolution")
    assert pair.similarity > 0.9
    assert pair.shared > 60


def test_starters_and_what_many_have_are_not_listed():
    starters = {str(number): {each.stem: each.read("starter.py") for each in list_exercises()} for number in range(9)}
    assert find_alike(starters, list_exercises(), threshold=0.01) == []
    many = {str(number): {CONVOLUTION.stem: ADA} for number in range(11)}
    assert find_alike(many, [CONVOLUTION], threshold=0.01) == []
    few = dict(list(many.items())[:3])
    assert len(find_alike(few, [CONVOLUTION], threshold=1.0)) == 3
    assert find_alike({"a": {}, "b": {CONVOLUTION.stem: ""}}, [CONVOLUTION], threshold=0.01) == []


def test_the_pairs_that_share_most_come_first():
    works = {"a": {CONVOLUTION.stem: ADA, SHIFT.stem: GRACE * 2}, "b": {CONVOLUTION.stem: ADA, SHIFT.stem: GRACE * 2}}
    pairs = find_alike(works, [SHIFT, CONVOLUTION], threshold=0.8)
    assert [pair.exercise for pair in pairs] == ["shift", "convolution"]


def test_a_class_of_a_hundred_takes_seconds():
    begin = time.process_time()
    variants = [[exercise.read("solution.py"), *exercise.accepted.values()] for exercise in list_exercises()]
    exercises = [WithoutSolutions(exercise) for exercise in list_exercises()]
    works = {
        str(number): {
            exercise.stem: texts[number % len(texts)].replace("np.", f"np.a{number}_")
            for exercise, texts in zip(exercises, variants, strict=True)
        }
        for number in range(100)
    }
    find_alike(works, exercises, threshold=0.8)
    assert len(list(combinations(works, 2))) == 4950
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("text", ['"""' * 50_000, "'" * 100_000, "(" * 100_000, "\\" * 100_000, "#" * 100_000, "\0é"])
def test_anything_is_split_quickly(text):
    begin = time.process_time()
    split_words(text)
    assert time.process_time() - begin < 1
