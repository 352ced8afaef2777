"""The raw answer of a token call is stored before it is parsed, so that a crash between loses nothing (R35)."""

import base64
import hashlib
from dataclasses import dataclass

from mlc.clock import Clock
from mlc.errors import TransientError
from mlc.http import Request, Response
from mlc.store.credentials import Credentials
from mlc.testing.steps import step

REPLY = "reply"
TOKEN = "token"  # noqa: S105 - the name of a row
#: A call that has not left this long after its lease was taken does not leave any more.
SEND_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One refresh under way: its row, its lease's fence, and when it began on the boot clock."""

    refresh_id: int
    fence: int
    began: float


class ReplyWatch:
    """Looks over the token call of one attempt; see ``mlc.http.MintWatch``."""

    def __init__(
        self, credentials: Credentials, clock: Clock, connection: str, attempt: Attempt, *, version: int
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._connection = connection
        self._attempt = attempt
        self._version = version
        self.replayed = False

    def replay(self, request: Request) -> Response | None:
        """The answer to exactly this request that a crashed attempt received and did not use."""
        kept = self._credentials.get(self._connection, REPLY)
        if kept is None or kept.value["request"] != _digest(request):
            return None
        self.replayed = True
        return Response(
            kept.value["status"],
            headers={"content-type": kept.value["content_type"]},
            content=base64.b64decode(kept.value["body"]),
            request=request,
        )

    def before_send(self) -> None:
        """Raises TransientError when the lease has grown old or the token was replaced; nothing is sent then."""
        kept = self._credentials.get(self._connection, TOKEN)
        replaced = (0 if kept is None else kept.version) != self._version
        if replaced or self._clock.boottime() > self._attempt.began + SEND_WITHIN_S:
            raise TransientError(
                f"The token call of {self._connection} was overtaken and not made.", connection=self._connection
            )
        step("refresh.sending")

    def record(self, request: Request, response: Response) -> None:
        """Store an answer that may hold a token; refusals need no second reading.

        What a ``GET`` brings (a description of endpoints) holds none, and must not replace an answer that does.
        """
        if request.method == "GET":
            return
        step("refresh.answered")
        if response.is_success:
            self._credentials.put(
                self._connection,
                REPLY,
                {
                    "request": _digest(request),
                    "status": response.status_code,
                    "content_type": response.headers.get("content-type", ""),
                    "body": base64.b64encode(response.content).decode("ascii"),
                },
            )
        step("refresh.recorded")


def _digest(request: Request) -> str:
    return hashlib.sha256(f"{request.method} {request.url}\n".encode() + request.read()).hexdigest()
