from keras_cnn_course.plots.homework_class import plot_class


def test_the_class_is_counted_in_tenths_of_the_points():
    picture = plot_class([0, 5, 95, 99, 100], [("relu", 0.9), ("shift", 0.25)], points=100)
    left, right = picture.figure.axes
    assert [bar.get_height() for bar in left.patches] == [2, 0, 0, 0, 0, 0, 0, 0, 0, 3]
    assert [bar.get_width() for bar in right.patches] == [90, 25]
    assert "5 students: mean 59.8, median 95.0" in left.get_title()
    assert "smallest mean share is shift, with 25%" in picture.alt


def test_a_quiz_has_one_bar_per_number_of_points():
    picture = plot_class([3, 9, 10, 10], [("loss", 0.5)], points=10, title="Quiz 1", part="question")
    left, right = picture.figure.axes
    assert [bar.get_height() for bar in left.patches] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2]
    assert left.get_xlim() == (-0.5, 10.5)
    assert right.get_title() == "Questions, in their order"
    assert "The question with the smallest mean share is loss" in picture.alt
