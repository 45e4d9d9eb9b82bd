"""The judgements: one module for each kind of finding, named like it.

Each has a function `judge` that takes a history and yields findings. They know nothing of each
other; one anomaly shall be found by one of them.
"""
