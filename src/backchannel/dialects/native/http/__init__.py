"""The native routes, one module per resource."""
