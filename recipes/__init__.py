"""The lecture's models, one short file each."""
