"""Loss of messages while one connection a second is cut."""
