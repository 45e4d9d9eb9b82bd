"""Socket.IO 5: namespaces, events and acknowledgements on an Engine.IO session."""
