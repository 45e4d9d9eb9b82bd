"""Budgets: how much one user or address may hold, write and wait for, so that others can too."""
