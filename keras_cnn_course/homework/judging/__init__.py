"""Judge a student's work: seeds, plan, verdict, diagnosis."""
