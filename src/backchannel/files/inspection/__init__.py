"""A program of its own that looks into one uploaded file, within narrow limits (rule S17)."""
