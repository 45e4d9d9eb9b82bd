"""Who can answer in sessions: implementations of the responder port."""
