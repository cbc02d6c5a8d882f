"""Judging exercises: from a student's files to a verdict."""
