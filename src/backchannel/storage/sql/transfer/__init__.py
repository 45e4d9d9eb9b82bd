"""The export of all records from a SQL database, and their import."""
