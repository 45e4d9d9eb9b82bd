"""What the core asks of the outside, as Protocols whose docstrings state the guarantees."""
