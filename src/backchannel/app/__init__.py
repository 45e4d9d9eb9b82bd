"""The composition root: the only place that joins the parts. Nothing is opened at import."""

from backchannel.app.core import open_core
from backchannel.app.run import run

__all__ = ["open_core", "run"]
