"""What runs reached: evaluation, history, comparison, seeds, shifts."""
