"""The detectors: a function for each kind of finding, named like it.

Each takes a history and yields findings. The modules do not import each other; one detector finds
each anomaly.
"""
