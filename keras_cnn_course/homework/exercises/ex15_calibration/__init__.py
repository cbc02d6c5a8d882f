"""Exercise 15: calibration."""
