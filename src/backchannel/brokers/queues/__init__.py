"""The queue in front of the database: one module for each broker."""
