"""What an exercise consists of: texts, cases, checks and mutants."""
