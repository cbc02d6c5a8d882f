"""Arrays -> matplotlib figures. Never pyplot state, never Keras."""
