"""The run folder: its files, its record, its models."""
