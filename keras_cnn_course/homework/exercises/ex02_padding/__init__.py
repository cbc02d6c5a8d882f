"""Exercise 2: padding and output size."""
