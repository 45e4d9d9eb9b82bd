"""SQLite: one file, one writer thread, a few reader threads."""
