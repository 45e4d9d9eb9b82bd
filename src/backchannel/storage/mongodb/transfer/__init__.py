"""The export of all records from MongoDB, and their import."""
