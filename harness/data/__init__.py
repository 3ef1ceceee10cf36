"""Data on this machine: mirrors, their lock, generated families."""
