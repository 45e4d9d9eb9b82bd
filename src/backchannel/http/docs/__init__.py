"""The API's description: documents for programs, and a page for people."""
