"""`/register` and `/login`: one pair of paths that serves two documents at once."""
