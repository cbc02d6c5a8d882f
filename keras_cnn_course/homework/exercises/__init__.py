"""The exercises, one folder each. `authoring.exercise` describes the files in a folder."""
