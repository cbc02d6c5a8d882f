"""Exercise 5: ReLU."""
