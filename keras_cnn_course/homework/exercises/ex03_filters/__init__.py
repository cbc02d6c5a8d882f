"""Exercise 3: blur and edge filters."""
