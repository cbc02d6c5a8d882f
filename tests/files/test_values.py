import doctest
import math

import pytest

from keras_cnn_course.errors import RunError, UsageError
from keras_cnn_course.files import values
from keras_cnn_course.files.values import (
    BOOLEAN,
    TEXT,
    check_value,
    check_values,
    list_of,
    number,
    one_of,
    table_of,
    whole_number,
)


def test_doctests():
    assert doctest.testmod(values).failed == 0


@pytest.mark.parametrize(
    ("rule", "accepted", "refused"),
    [
        (whole_number(1, 8), [1, 8], [0, 9, 1.0, True, "1", None]),
        (whole_number(0), [0, 10**12], [-1, 2**64, 0.5]),
        (number(), [0, -1.5, 1e299], [math.nan, math.inf, -math.inf, True, "1", 10**400]),
        (number(0, 1), [0, 0.5, 1], [-0.1, 1.1]),
        (TEXT, ["", "größer"], ["two\nlines", "\x1b[2J", "x" * 5000, 1]),
        (one_of("a", "b"), ["a"], ["c", "", 1, ["a"]]),
        (BOOLEAN, [True, False], [0, 1, "true"]),
        (list_of(whole_number(0), low=1, high=2, description="a list"), [[0], (1, 2)], [[], [0, 1, 2], [-1], "1"]),
        (table_of(TEXT, description="a table"), [{}, {"a": "b"}], [[], {"a": 1}, {1: "a"}, {"\x1b": "a"}]),
    ],
)
def test_a_rule_accepts_and_refuses(rule, accepted, refused):
    assert all(rule.accepts(value) for value in accepted)
    assert not any(rule.accepts(value) for value in refused)


def test_the_message_names_the_thing_and_the_value():
    with pytest.raises(UsageError, match=r"^epochs must be a whole number of at least 1; got 'ten'\.$"):
        check_value("epochs", "ten", whole_number(1), kind=UsageError)
    with pytest.raises(
        UsageError, match=r"^a must be one of one_cycle, constant; got 'one_cicle'\. Did you mean 'one_c"
    ):
        check_value("a", "one_cicle", one_of("one_cycle", "constant"), kind=UsageError)
    with pytest.raises(RunError, match=r"^n in run\.json must be a number of at least 0; got nan\. Edited\?$"):
        check_values({"n": math.nan}, {"n": number(0)}, source="run.json", kind=RunError, hint="Edited?")


def test_missing_values_are_named():
    rules = dict.fromkeys("abcdef", TEXT)
    with pytest.raises(RunError, match=r"^run\.json has no 'a', 'b', 'd' and 2 more\.$"):
        check_values({"c": "", "x": 1}, rules, source="run.json", kind=RunError)


def test_a_long_value_is_cut_off():
    with pytest.raises(UsageError) as caught:
        check_value("name", ["x" * 1000], TEXT, kind=UsageError)
    assert len(str(caught.value)) < 250
