"""The responder that the settings name.

Those that ask others are imported when one is named: an HTTP client costs a fifth of the time
until the server is ready.
"""

from backchannel.ports.clock import Clock
from backchannel.ports.responder import Responder
from backchannel.responders.echo import Echo
from backchannel.settings import responder as group
from backchannel.settings.responder import ResponderKind


def open_responder(settings: group.Responder, clock: Clock) -> Responder:
    """The responder of the configured kind. The settings have been checked for what it needs."""
    key = settings.key.get_secret_value() if settings.key else None
    match settings.kind:
        case ResponderKind.ECHO:
            return Echo()
        case ResponderKind.WEBHOOK:
            from backchannel.responders.webhook import Webhook  # noqa: PLC0415

            signing_key = (key or "").encode()
            return Webhook(settings.url or "", signing_key, clock, timeout=settings.timeout)
        case ResponderKind.OPENAI:
            from backchannel.responders.openai import Model, OpenAi  # noqa: PLC0415

            model = Model(
                url=settings.url or "",
                name=settings.model or "",
                key=key,
                prompt=settings.prompt,
                max_tokens=settings.max_tokens,
            )
            return OpenAi(model, timeout=settings.timeout)
