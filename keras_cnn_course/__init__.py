"""Train, look into and export the convolutional networks of a university lecture, with Keras."""
