"""The APIs spoken at the door. Each folder is one, and can be removed by deleting it."""
