"""The live page: one HTML file in which a network classifies what you draw, with its JavaScript."""
