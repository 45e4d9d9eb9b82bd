"""The history checker: whether the server kept its word, told from its clients' journals."""
