"""Passwords, tokens and throttling: adapters of maintained cryptographic libraries."""
