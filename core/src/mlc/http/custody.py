"""What the client asks of whoever keeps tokens while a token call is made (R35)."""

from typing import Protocol

import httpx


class MintWatch(Protocol):
    """Looks over the shoulder of one token call."""

    def replay(self, request: httpx.Request) -> httpx.Response | None:
        """An answer that was received before a crash and never used; it is taken instead of calling again."""
        ...

    def before_send(self) -> None:
        """Called as the last statement before the first byte; raises when the call must not be made any more."""
        ...

    def record(self, request: httpx.Request, response: httpx.Response) -> None:
        """Store the raw answer durably; called before anybody parses it."""
        ...
