"""The databases: one package per kind."""
