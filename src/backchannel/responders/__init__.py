"""The responders: implementations of the responder port."""
