"""Looking at web pages that users name, without being used against anybody."""
