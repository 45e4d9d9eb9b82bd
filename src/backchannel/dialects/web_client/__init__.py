"""The web client: the pages that this server serves to browsers at `/`."""
