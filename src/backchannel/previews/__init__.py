"""Previews of web pages that users name, with protection against abuse of the server."""
