"""The interfaces through which the core uses the outside: Protocols that state guarantees."""
