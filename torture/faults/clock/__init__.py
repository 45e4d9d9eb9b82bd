"""A folder for the server's PYTHONPATH: Python imports `sitecustomize` at its start."""
