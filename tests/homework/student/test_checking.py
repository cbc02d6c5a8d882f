from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.student.checking import check_exercises
from keras_cnn_course.homework.student.workspace import open_workspace


def test_what_builds_on_an_exercise_follows_it(hw, workers):
    pool, shift = find_exercise("max_pooling"), find_exercise("shift")
    (hw / shift.file).write_text(shift.read("solution.py"))
    (checked,) = check_exercises(open_workspace(hw), [shift], workers)
    assert checked.result.passed
    assert checked.replaced == ("max_pooling",)
    (hw / pool.file).write_text(pool.read("solution.py"))
    both = list(check_exercises(open_workspace(hw), [pool, shift], workers))
    assert [each.result.passed for each in both] == [True, True]
    assert both[1].replaced == ()


def test_a_pass_is_remembered_and_forgotten(hw, workers):
    relu = find_exercise("relu")
    for source, passes in ((relu.read("solution.py"), True), ("relu = 1", False), (relu.read("solution.py"), True)):
        (hw / relu.file).write_text(source)
        assert [each.result.passed for each in check_exercises(open_workspace(hw), [relu], workers)] == [passes]
        assert (relu.stem in open_workspace(hw).passed) == passes
