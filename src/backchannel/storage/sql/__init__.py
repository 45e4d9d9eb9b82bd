"""The storage port in SQL: one schema, one set of statements, one folder per engine."""
