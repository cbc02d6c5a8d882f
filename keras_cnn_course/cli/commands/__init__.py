"""The commands of `kcnn`, one module each, loaded when called."""
