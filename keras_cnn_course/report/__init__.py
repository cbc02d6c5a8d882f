"""Run -> the report: one HTML file with the run's results, pictures and numbers."""
