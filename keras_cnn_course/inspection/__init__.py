"""A run, opened: its numbers, its model, its pictures, and what can be written from it."""
