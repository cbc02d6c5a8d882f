"""Exercise 9: cross entropy."""
