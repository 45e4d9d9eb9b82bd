"""Budgets: limits on the memory, the rate and the waiting requests of one user or address."""
