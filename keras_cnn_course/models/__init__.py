"""Inside a Keras model: its layers, arithmetic, receptive fields, outputs, kernels and patches."""
