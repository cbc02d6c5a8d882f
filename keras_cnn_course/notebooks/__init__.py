"""The notebooks of the course: one Markdown file each, and the writer that turns them into .ipynb files."""
