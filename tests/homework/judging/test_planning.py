import hashlib
import hmac

from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.judging.planning import (
    Work,
    case_seed,
    case_words,
    graded_key,
    make_job,
    plan_cases,
    public_key,
)


def test_a_graded_key_is_the_hmac_of_student_and_exercise():
    expected = hmac.new(b"secret", b"ada/relu", hashlib.sha256).digest()
    assert graded_key(b"secret", "ada", "relu") == expected
    assert graded_key(b"secret", "ada", "relu") != public_key("ada", "relu")


def test_every_student_exercise_check_and_case_has_a_seed_of_its_own():
    seeds = {
        case_seed(key, check, number)
        for student in ("ada", "grace")
        for exercise in ("relu", "shift")
        for key in (public_key(student, exercise), graded_key(b"secret", student, exercise))
        for check in ("random cases", "linearity")
        for number in range(8)
    }
    assert len(seeds) > 120  # of 128; 16 bits may meet
    assert all(0 <= seed < 1 << 16 for seed in seeds)


def test_a_seed_replays_for_everybody():
    """What a case starts from depends on nothing but what `explain` is given."""
    assert case_words("relu", "random cases", 0x5F2A) == case_words("relu", "random cases", 0x5F2A)
    assert case_words("relu", "random cases", 0x5F2A) != case_words("relu", "idempotent", 0x5F2A)


def test_more_cases_give_more_time():
    """So that slow but correct code has the same time for each call, however many cases a check draws."""
    exercise = find_exercise("convolution")
    work = Work("ada", {exercise.stem: exercise.read("solution.py")})
    cases = plan_cases(exercise, "ada", b"a secret of the class")
    job = make_job(exercise, work, cases, standings={})
    assert job.seconds / len(job.calls) >= exercise.seconds / 12
    assert make_job(exercise, work, cases[:1], standings={}).seconds == exercise.seconds
