import doctest
import sys

import pytest

from keras_cnn_course.files import command_line
from keras_cnn_course.files.command_line import join_words, split_line


def test_doctests():
    assert doctest.testmod(command_line).failed == 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["kcnn", r"runs\cnn-001"], r"kcnn runs\cnn-001"),
        (["kcnn", r"C:\My runs\cnn-001"], r'kcnn "C:\My runs\cnn-001"'),
        (["kcnn", r"C:\R&D\runs(1)"], r'kcnn "C:\R&D\runs(1)"'),
    ],
)
def test_windows_has_its_own_quotes(words, line, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert join_words(words) == line
    assert split_line(line) == words
