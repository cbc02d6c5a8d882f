"""Exercise 8: counting parameters."""
