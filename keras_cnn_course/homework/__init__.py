"""The homework: exercises from the lecture, checks that diagnose, and a grader that student code cannot fool."""
