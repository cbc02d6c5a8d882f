"""Starting TensorFlow: device, threads and memory; several devices or workers for one training."""
