"""Images that a user gives to a run's model, by their index."""

import numpy as np
import pytest

from keras_cnn_course.errors import UsageError
from keras_cnn_course.inspection.answers import check_shifts, prepare_images


@pytest.mark.parametrize("shifts", ["1", 4, -1, 1.5])
def test_a_wrong_number_of_shifts_is_refused(shifts):
    with pytest.raises(UsageError, match=r"^`shifts=` must be a whole number from 0 to 3; got .* With n pixels"):
        check_shifts(shifts, None)


@pytest.mark.parametrize("images", [3, np.int64(3), [np.uint8(3)]])
def test_an_index_may_be_an_integer_of_numpy(trained_run, digits, images):
    prepared = prepare_images(images, trained_run.read_record(), path=trained_run.path, load_data=lambda: digits)
    assert prepared.names == ("3",)
    assert (prepared.pixels[0] == digits.x_test[3]).all()


def test_an_image_that_is_given_twice_has_two_answers(trained_run, digits):
    record = trained_run.read_record()
    prepared = prepare_images([3, 5, 3], record, path=trained_run.path, load_data=lambda: digits)
    assert prepared.names == ("3", "5", "3")
    assert (prepared.pixels == digits.x_test[[3, 5, 3]]).all()
    answers = prepared.classify(trained_run.load_model("best"), record)
    assert len(repr(answers).splitlines()) == len(answers.labels) == 3


def test_a_number_is_an_index_even_beside_a_folder_of_its_name(trained_run, digits, tmp_path, monkeypatch):
    (tmp_path / "7").mkdir()
    monkeypatch.chdir(tmp_path)
    settings = {"path": trained_run.path, "load_data": lambda: digits}
    assert (prepare_images(7, trained_run.read_record(), **settings).pixels[0] == digits.x_test[7]).all()
    with pytest.raises(UsageError, match="with the indices 0 to 359; got -1"):
        prepare_images(-1, trained_run.read_record(), **settings)
