"""The REST routes of this dialect: accounts below `/api/auth`, and `/api/sessions`."""
