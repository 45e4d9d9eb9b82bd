"""The parts that all dialects share."""
