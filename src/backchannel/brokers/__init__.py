"""Buses, by which nodes wake each other after a commit: one module or package per bus."""
