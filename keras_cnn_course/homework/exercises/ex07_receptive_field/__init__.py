"""Exercise 7: the receptive field."""
