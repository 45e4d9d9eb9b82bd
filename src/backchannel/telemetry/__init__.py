"""What an operator can see of a running server: its log and its metrics."""
