"""Exercise 13: the shift test."""
