"""`make bench-peers`: other stacks under the same durable load, in the same run."""
