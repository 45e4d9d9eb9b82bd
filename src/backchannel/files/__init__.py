"""File storage, in a local folder or an object store, and the inspection of files."""
