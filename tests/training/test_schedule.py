import doctest

import keras
import numpy as np
import pytest

from keras_cnn_course.training import schedule as module
from keras_cnn_course.training.schedule import OneCycle, make_schedule


def test_doctests(started):
    assert doctest.testmod(module).failed == 0


def test_the_rate_rises_to_its_peak_and_falls_to_almost_zero(started):
    schedule = OneCycle(1.0, 200, warmup_share=0.25, initial_share=0.2, final_share=0.01)
    rates = np.array([float(schedule(step)) for step in range(201)])
    assert rates[0] == pytest.approx(0.2)
    assert rates.argmax() == 50
    assert rates.max() == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0.01)
    assert (np.diff(rates[:51]) > 0).all()
    assert (np.diff(rates[50:]) < 0).all()


def test_a_training_of_one_step(started):
    assert 0 < float(OneCycle(1.0, 1)(0)) <= 1


def test_it_is_restored_from_its_config(started):
    schedule = OneCycle(0.5, 10, warmup_share=0.1)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert copy.get_config() == schedule.get_config()


def test_constant_leaves_the_rate_to_the_optimizer(started):
    assert make_schedule("constant", learning_rate=0.1, total_steps=10) is None
    assert make_schedule("one_cycle", learning_rate=0.1, total_steps=10).peak == 0.1
