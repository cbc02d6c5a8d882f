"""The process in which student code runs: its confinement, its jobs, and the arrays it returns."""
