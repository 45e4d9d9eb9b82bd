"""The storage port over MongoDB: a redo document for each batch, then the collections."""
