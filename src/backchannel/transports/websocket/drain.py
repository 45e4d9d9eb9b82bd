"""The close reason when the process shuts down (rule R12)."""

import random


def farewell(jitter: float) -> str:
    """Return a close reason that spreads the reconnects over `jitter` seconds."""
    # spreading load needs no unpredictable numbers
    return f"restarting; reconnect in {random.uniform(0.1, max(0.1, jitter)):.1f} s"  # noqa: S311
