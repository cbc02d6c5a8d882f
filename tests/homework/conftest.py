"""Fixtures for the homework's tests: sandboxes and a homework folder."""

import pytest

from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes
from keras_cnn_course.homework.student.workspace import start_workspace


@pytest.fixture(scope="session")
def sandboxes():
    """Sandboxes for all tests, since each job runs in its own process anyway."""
    with Sandboxes() as started:
        yield started


@pytest.fixture
def hw(tmp_path):
    """A new homework folder."""
    return start_workspace(tmp_path / "hw", "ada").folder
