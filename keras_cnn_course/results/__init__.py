"""The results of runs: predictions, evaluation, training history, comparison, seeds and the shift test."""
