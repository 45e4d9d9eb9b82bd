"""The parts that the engines of database servers share: a thread, transactions, a watch."""
