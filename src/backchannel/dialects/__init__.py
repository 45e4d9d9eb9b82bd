"""The APIs for clients. Each folder is one, and can be removed by deleting it."""
