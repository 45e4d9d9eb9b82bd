"""The revisions, a file each, in ascending order."""
