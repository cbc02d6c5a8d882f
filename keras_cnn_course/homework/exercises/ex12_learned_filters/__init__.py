"""Exercise 12: learned filters."""
