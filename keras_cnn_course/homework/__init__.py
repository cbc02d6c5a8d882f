"""The homework: exercises from the lecture, checks with diagnoses, and a grader that student code cannot fool."""
