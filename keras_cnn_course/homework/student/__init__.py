"""A student's homework folder, and what the commands do in it."""
