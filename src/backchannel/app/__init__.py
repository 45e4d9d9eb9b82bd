"""The composition root: the only place that joins the parts. Nothing is opened at import."""

from backchannel.app.core import open_core, open_message_queue
from backchannel.app.run import run
from backchannel.app.supervisor import Worker, supervise

__all__ = ["Worker", "open_core", "open_message_queue", "run", "supervise"]
