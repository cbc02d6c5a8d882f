"""The process in which student code runs: what it gives up, what it is asked, and the arrays it answers with."""
