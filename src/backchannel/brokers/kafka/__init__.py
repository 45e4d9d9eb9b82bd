"""The bus over Kafka, or another broker for its protocol."""
