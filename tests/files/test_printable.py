import doctest

import pytest

from keras_cnn_course.files import printable as module
from keras_cnn_course.files.printable import printable


def test_doctests():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("größer\n学生 é", "größer\n学生 é"),
        ("می‌خواهم", "می‌خواهم"),  # a joiner within a word
        ("no\u00a0break", "no\u00a0break"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),  # would be shown from right to left
        ("\udcff", "\\udcff"),  # a byte of a file's name that is no text
    ],
)
def test_what_obeys_no_reader_is_escaped_and_every_script_is_kept(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown
