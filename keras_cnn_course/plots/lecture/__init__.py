"""The pictures of the lecture's slides."""
