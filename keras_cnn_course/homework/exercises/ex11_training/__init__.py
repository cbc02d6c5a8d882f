"""Exercise 11: training on digits."""
