"""Ten questions for each of the two lectures, with numbers that differ from student to student."""
