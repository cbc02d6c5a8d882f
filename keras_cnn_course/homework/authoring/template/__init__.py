"""The exercise that `kcnn homework new` begins with: a small one that is complete, with placeholders for its name."""
