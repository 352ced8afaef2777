"""Errors, named for what happens next.

MlcError
├── ConfigError            stops; shows the key and where it looked              exit 2
├── StoreError             the database cannot be used as asked                  exit 2
│   └── OvertakenError         another process works on it now: let go, nothing is lost      exit 4
├── AuthError              pauses the connection, asks for re-authorisation      exit 3
│   └── AccessSuspendedError   the vendor shut us out: pause, one alert, do not hammer
├── VendorError            what one vendor answered
│   ├── TransientError     safe to try again later                               exit 4
│   │   └── RateLimitedError   the same, and when
│   ├── ConflictError      changed there since it was read: read and decide again
│   ├── NotFoundError      the id is unknown there
│   ├── ReferenceMissingError  what it points to is not there yet: hold
│   ├── ClosedPeriodError  the ledger is closed for that date: hold
│   ├── DuplicateError     the vendor says it has one already: a question, never an answer (R11)
│   └── RejectedError      this one record is at fault: dead letter
├── MappingError           this one record cannot be read: dead letter
├── WebhookRejectedError   bad signature or age: answer 4xx and audit
└── PluginError            a broken contract: stop                               exit 5

Whether a write may have arrived is never decided by these, but by the transport's own record (R1).
"""

from enum import IntEnum


class ExitCode(IntEnum):
    DONE = 0
    NEEDS_A_PERSON = 1
    USAGE = 2
    CREDENTIALS = 3
    UNAVAILABLE = 4
    PLUGIN = 5


class MlcError(Exception):
    """A sentence for the operator, and a detail for the developer. Never a secret, never a whole payload."""

    exit_code = ExitCode.NEEDS_A_PERSON

    def __init__(
        self,
        sentence: str,
        detail: str | None = None,
        *,
        system: str | None = None,
        connection: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail
        self.system = system
        self.connection = connection
        self.request_id = request_id

    def __str__(self) -> str:
        return self.sentence


class ConfigError(MlcError):
    exit_code = ExitCode.USAGE


class StoreError(MlcError):
    exit_code = ExitCode.USAGE


class OvertakenError(StoreError):
    """Somebody else holds the claim under which this was to be written."""

    exit_code = ExitCode.UNAVAILABLE


class AuthError(MlcError):
    exit_code = ExitCode.CREDENTIALS


class AccessSuspendedError(AuthError):
    """The vendor refuses this integration as a whole."""


class VendorError(MlcError):
    """What one vendor answered. ``code`` is the vendor's own, ``field`` the vendor's name of what is wrong."""

    exit_code = ExitCode.UNAVAILABLE

    def __init__(
        self,
        sentence: str,
        detail: str | None = None,
        *,
        code: str | None = None,
        field: str | None = None,
        status: int | None = None,
        system: str | None = None,
        connection: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(sentence, detail, system=system, connection=connection, request_id=request_id)
        self.code = code
        self.field = field
        self.status = status


class TransientError(VendorError):
    pass


class RateLimitedError(TransientError):
    """Too many calls. ``window`` names the quota that is closed (``minute``, ``day``, ``concurrency``), for how
    long."""

    def __init__(
        self,
        sentence: str,
        detail: str | None = None,
        *,
        retry_after_s: float,
        window: str = "minute",
        code: str | None = None,
        status: int | None = None,
        system: str | None = None,
        connection: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(
            sentence,
            detail,
            code=code,
            status=status,
            system=system,
            connection=connection,
            request_id=request_id,
        )
        self.retry_after_s = retry_after_s
        self.window = window


class ConflictError(VendorError):
    pass


class NotFoundError(VendorError):
    pass


class ReferenceMissingError(VendorError):
    pass


class ClosedPeriodError(VendorError):
    pass


class DuplicateError(VendorError):
    pass


class RejectedError(VendorError):
    exit_code = ExitCode.NEEDS_A_PERSON


class MappingError(MlcError):
    """A payload that cannot become a record: names the field."""

    def __init__(
        self,
        sentence: str,
        detail: str | None = None,
        *,
        field: str | None = None,
        system: str | None = None,
        connection: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(sentence, detail, system=system, connection=connection, request_id=request_id)
        self.field = field


class WebhookRejectedError(MlcError):
    pass


class PluginError(MlcError):
    exit_code = ExitCode.PLUGIN
