import pytest

from keras_cnn_course.errors import HomeworkError
from keras_cnn_course.homework.grading.class_statistics import read_statistics


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"submissions": 3}', '{"submissions": [{"status": "graded"}]}', "[" * 100_000]
)
def test_anything_else_is_refused(text):
    with pytest.raises(HomeworkError, match=r"results\.json was not written by `kcnn homework grade --format json`"):
        read_statistics(text, source="results.json")


def test_an_empty_class():
    assert read_statistics('{"submissions": []}', source="x") == []
