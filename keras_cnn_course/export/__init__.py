"""A run's model in another format: SavedModel, ONNX, LiteRT or Keras, each verified by loading it back."""
