"""The connections of this process, and the delivery of events to them."""
