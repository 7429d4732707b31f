"""Bodies arrive as they are: a compressed one could grow without a bound where it is unpacked."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.headers import header_of
from shared.web.problems import MEDIA_TYPE_UNSUPPORTED, ProblemError


class Unencoded:
    """Refuses a body with a Content-Encoding (RFC 9110 § 15.5.16) as soon as somebody reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on whatever names no encoding."""
        http = scope["type"] == "http"
        named = header_of(scope, b"content-encoding") if http else b""
        if named.strip().lower() in (b"", b"identity"):
            await self._app(scope, receive, send)
            return

        async def refused() -> Message:
            raise ProblemError(
                MEDIA_TYPE_UNSUPPORTED,
                "the body has a Content-Encoding, and none is read here: send it as it is",
                {"Accept-Encoding": "identity"},
            )

        await self._app(scope, refused, send)
