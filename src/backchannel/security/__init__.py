"""Passwords, tokens and throttling: the adapters of well-kept cryptographic libraries."""
