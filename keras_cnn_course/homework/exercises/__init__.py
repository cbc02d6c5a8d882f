"""The exercises, a folder each; `catalogue` says what is in one."""
