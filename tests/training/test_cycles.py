import doctest

import numpy as np
import pytest

from keras_cnn_course.training import cycles
from keras_cnn_course.training.cycles import make_cycles
from keras_cnn_course.training.schedule import OneCycle


def test_doctests(started):
    assert doctest.testmod(cycles).failed == 0


def test_each_cycle_is_the_schedule_over_its_own_steps(started):
    schedule = make_cycles("one_cycle", learning_rate=0.1, steps=[20, 10, 5])
    expected = [float(OneCycle(0.1, length)(step)) for length in (20, 10, 5) for step in range(length)]
    np.testing.assert_allclose([float(schedule(step)) for step in range(35)], expected, rtol=1e-6)
    assert float(schedule(100)) == pytest.approx(0.0001, rel=1e-4)


def test_one_cycle_is_the_schedule_itself(started):
    schedule = make_cycles("one_cycle", learning_rate=0.1, steps=[20])
    assert isinstance(schedule, OneCycle)
    assert np.isclose(float(schedule(6)), 0.1)


@pytest.mark.parametrize("steps", [[20], [20, 10]])
def test_a_constant_rate_has_no_cycles(started, steps):
    assert make_cycles("constant", learning_rate=0.1, steps=steps) is None
