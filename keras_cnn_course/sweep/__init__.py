"""Many runs: which ones, side by side on this machine or on a Ray cluster, and what came of them."""
