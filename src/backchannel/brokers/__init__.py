"""Buses, by which processes wake each other after a commit: one package per bus."""
