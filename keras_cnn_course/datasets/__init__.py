"""Data sets: the embedded digits, downloadable ones, and files of the reader's own -> one `Dataset` value."""
