"""The use cases, each a function named by its verb."""
