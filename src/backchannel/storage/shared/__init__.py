"""The parts that all databases share: incoming batches, and messages with their checksums."""
