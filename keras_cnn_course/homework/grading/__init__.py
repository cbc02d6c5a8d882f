"""Grading a class: many submissions, their marks in the formats of course systems, and what they say together."""
