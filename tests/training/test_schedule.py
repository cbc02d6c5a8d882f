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


@pytest.mark.parametrize("steps", [[20], [20, 10]])
def test_constant_leaves_the_rate_to_the_optimizer(started, steps):
    assert make_schedule("constant", learning_rate=0.1, steps=steps) is None


def test_a_run_of_one_cycle_has_the_schedule_itself(started):
    schedule = make_schedule("one_cycle", learning_rate=0.1, steps=[20])
    assert isinstance(schedule, OneCycle)
    assert (schedule.peak, schedule.total_steps) == (0.1, 20)


def test_each_cycle_is_the_schedule_over_its_own_steps(started):
    schedule = make_schedule("one_cycle", learning_rate=0.1, steps=[20, 10, 5])
    expected = [float(OneCycle(0.1, length)(step)) for length in (20, 10, 5) for step in range(length)]
    np.testing.assert_allclose([float(schedule(step)) for step in range(35)], expected, rtol=1e-6)
    assert float(schedule(100)) == pytest.approx(0.0001, rel=1e-4)
