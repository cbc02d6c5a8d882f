"""The instructor's side: grade submissions, write marks, summarize a class, and prove the grader correct."""
