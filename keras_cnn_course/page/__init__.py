"""Run -> the live page: one HTML file in which a drawing runs through the network, and its JavaScript."""
