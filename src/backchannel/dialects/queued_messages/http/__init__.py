"""The REST routes of this dialect."""
