"""A separate program that inspects one uploaded file, within narrow limits (rule S17)."""
