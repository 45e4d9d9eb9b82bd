"""The queue on Kafka, or another broker for its protocol."""
