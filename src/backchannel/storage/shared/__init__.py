"""What all databases share: a batch as it comes in, and messages with their checksums."""
