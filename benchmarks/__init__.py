"""Measurements: medians of several runs, beside the C reference in the same run."""
