"""Exercise 1: convolution by hand."""
