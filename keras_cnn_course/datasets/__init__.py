"""Data sets: the embedded digits, downloadable ones, and files of your own, all loaded as one `Dataset`."""
