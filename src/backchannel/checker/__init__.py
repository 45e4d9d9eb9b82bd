"""The history checker: checks the server's guarantees from the journals of its clients."""
