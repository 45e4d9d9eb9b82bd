"""Where files are kept: a local folder or an object store, and what looks into them."""
