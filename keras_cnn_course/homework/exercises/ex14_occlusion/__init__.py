"""Exercise 14: an occlusion map."""
