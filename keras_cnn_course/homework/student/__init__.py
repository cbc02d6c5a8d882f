"""A student's homework: the folder, its checks, and the feedback."""
