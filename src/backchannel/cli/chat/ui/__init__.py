"""The full-screen client: conversations, their messages, and a line to write in."""
