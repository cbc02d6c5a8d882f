"""Exercise 6: max pooling."""
