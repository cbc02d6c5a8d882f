"""The lecture's operations in NumPy, written to be read: every number of every slide."""
