"""Exercise 10: a CNN in Keras."""
