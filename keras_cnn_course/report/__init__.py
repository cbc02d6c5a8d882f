"""Reports: a run, or several runs compared, as one HTML file without scripts."""
