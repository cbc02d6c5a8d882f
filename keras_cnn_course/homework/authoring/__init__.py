"""What an exercise is: its texts, cases, checks and mutants."""
