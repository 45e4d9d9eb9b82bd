"""The API's description: documents for programs, and a page for people."""

from backchannel.dialects.shared.docs.config import Docs

__all__ = ["Docs"]
