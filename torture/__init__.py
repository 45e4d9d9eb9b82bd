"""Many users on a real server under faults of every kind: nothing must be lost."""
