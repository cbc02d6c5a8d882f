"""Side by side or alone."""

import threading
import time

from keras_cnn_course.homework.sandbox.turns import Turns


def run_all(bodies):
    threads = [threading.Thread(target=body) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_bodies_run_together():
    turns, meeting = Turns(), threading.Barrier(3)

    def body():
        with turns.together():
            meeting.wait(10)

    run_all([body] * 3)


def test_one_that_runs_alone_meets_nobody():
    turns, running, most = Turns(), [], []

    def enter(name):
        running.append(name)
        time.sleep(0.01)
        most.append((name, len(running)))
        running.remove(name)

    def body():
        for _ in range(10):
            with turns.together():
                enter("together")
            with turns.alone():
                enter("alone")

    run_all([body] * 4)
    assert {number for name, number in most if name == "alone"} == {1}
    assert len(most) == 80
