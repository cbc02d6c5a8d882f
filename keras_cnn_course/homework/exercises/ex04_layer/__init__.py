"""Exercise 4: a convolution layer."""
