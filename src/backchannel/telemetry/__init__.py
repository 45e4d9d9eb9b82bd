"""Observability of a running server: its log and its metrics."""
