"""What becomes of messages while one connection a second is cut."""
