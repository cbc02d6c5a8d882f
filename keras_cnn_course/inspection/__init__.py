"""Run -> arrays: filters, predictions, evaluation. Never imports matplotlib."""
