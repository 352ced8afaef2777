"""How a plugin describes its system: settings, object types, capabilities, quotas, hosts, grants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from mlc.contract import Strategy
from mlc.deliveries import Webhooks
from mlc.records import DimensionKind, ObjectType

if TYPE_CHECKING:
    from mlc.connection import AnyConnection, Token


class Settings(BaseModel):
    """Base of every plugin's settings. Each field carries a description; unknown keys are refused.

    ``endpoint``: one base URL that replaces all of the vendor's hosts: a stand-in, a recording proxy, a vendor's
    sandbox.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    endpoint: str | None = Field(
        default=None, description="Base URL that replaces all of the vendor's hosts (stand-in, proxy)."
    )


class Secrets(BaseModel):
    """Base of every plugin's secrets: fields are ``SecretStr``, entered by ``mlc connect`` or from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Capability(StrEnum):
    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    VOID = "void"
    REVERSE = "reverse"
    """Of payments: take one off its documents and book the refund, each a void of its own (pairings 0.6)."""
    FIND = "find"
    ATTACH = "attach"
    MARK = "mark"
    """Write single custom fields of a document by a call that touches nothing else of it. Render is asked for an update
    of the field ``custom_fields`` alone; an empty value clears one."""
    WEBHOOKS = "webhooks"


@dataclass(frozen=True, slots=True)
class ObjectSupport:
    """What a system can do with one object type.

    ``complete_in_list``: list rows carry everything, no detail call is needed. ``applies_within_s`` and
    ``visible_within_s``:
    how late a write may take effect and show up in a search (R3). ``lock_area``: which period lock guards it.
    ``read_batch``: ids that one ``mlc_read`` takes at the cost of one call.
    ``summary_fields``: canonical fields that list rows carry. ``has_change_filter`` False: every pass reads the
    whole list.

    ``number_max``, ``name_max``: the longest document number and party's name; longer ones are shortened (R19).
    ``negative_lines`` False: a document with a line below zero is refused. ``money_account`` False: payments have no
    place for the account they were made from.

    ``batch_size``: writes that one request may carry; more than one needs a unique field, a caller's key, or an
    endpoint that takes all or nothing (``atomic_batch``, R8). ``framed``: the body is an envelope that holds the stored
    payloads, byte for byte and in order; without it the body is the payload. ``spacing_s``: no two writes of one record
    closer than this (R9). ``answers_later``: a write is only accepted at first; ``mlc_settle`` tells the rest.
    ``shows_refused``: what was accepted and refused later is shown like the rest; that a write is found proves nothing.
    ``swept`` False: its whole list costs a call for every record it lives in, which says itself who is gone.
    ``people_approve``: what is being approved or was approved there, people approve, never the system by itself.
    ``line_accounts`` False: its lines are not coded to accounts. ``collects``: it asks customers to pay what is sent.
    ``moves``: types whose lists show, after such a write, more than its answer told: they are read once more at the end
    of the run, orders only when an order was named. None: of a party, person or invoice all of these, of a money
    document all documents.
    ``needs_file``: it is made together with a picture of it, which ``mlc_push`` gets as the write's attachment.
    ``header_dimensions``: kinds of which a document has one value as a whole, and its lines none.
    ``closes``: an order of which nothing was billed can be closed there; elsewhere it is cancelled.
    ``one_currency``: a party there holds documents of its own currency only; each further one gets a part of its own.
    """

    object_type: ObjectType
    can: frozenset[Capability]
    natural_key: tuple[str, ...] = ()
    strategy: Strategy = Strategy.SEARCH
    batch_size: int = 1
    framed: bool = False
    atomic_batch: bool = False
    spacing_s: float = 0.0
    answers_later: bool = False
    shows_refused: bool = False
    read_batch: int = 1
    complete_in_list: bool = True
    has_change_filter: bool = True
    applies_within_s: float = 180.0
    visible_within_s: float = 60.0
    replay_valid_s: float = 3600.0
    number_max: int | None = None
    name_max: int | None = None
    negative_lines: bool = True
    money_account: bool = True
    people_approve: bool = False
    closes: bool = False
    one_currency: bool = False
    header_dimensions: frozenset[DimensionKind] = frozenset()
    swept: bool = True
    line_accounts: bool = True
    collects: bool = False
    needs_file: bool = False
    moves: frozenset[ObjectType] | None = None
    lock_area: str | None = None
    note: str = ""


class QuotaWindow(StrEnum):
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    CONCURRENCY = "concurrency"


class QuotaScope(StrEnum):
    CONNECTION = "connection"
    TENANT = "tenant"
    APP = "app"


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit of the vendor. ``counts``: ``all``, ``read`` or ``write`` calls, or ``mint``: logins and token calls,
    which no other quota counts. ``from_probe``: the probe's plan may raise or lower it. ``under``: it counts only calls
    whose path begins so, where a part of the API has a limit of its own."""

    window: QuotaWindow
    limit: int
    scope: QuotaScope = QuotaScope.TENANT
    counts: str = "all"
    from_probe: bool = False
    under: str | None = None


class GrantKind(StrEnum):
    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"
    SELF_CLIENT = "self_client"
    PASSWORD_SESSION = "password_session"  # noqa: S105
    API_TOKEN = "api_token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Consent:
    """How a person authorises us in a browser.

    ``authorize_url(settings, secrets, redirect_uri, state)`` is opened; ``exchange(connection, callback,
    redirect_uri)`` turns the
    callback's parameters (``code`` and whatever the vendor adds) into a token. A self-client code comes as
    ``{"code": …}`` with ``redirect_uri`` None. ``redirect_uri`` is what the operator registers with the vendor.
    """

    authorize_url: "Callable[[Settings, Secrets, str, str], str]"
    exchange: "Callable[[AnyConnection, Mapping[str, str], str | None], Token]"
    redirect_uri: str = "http://localhost:8976/callback"


@dataclass(frozen=True, slots=True)
class System:
    """A vendor product, as its plugin describes it.

    ``hosts``: host names calls may go to, exact; computed from the settings (``endpoint`` replaces them all, core
    sees to it).
    ``concurrency``: requests in flight per connection. ``keeps_rates`` False: its foreign documents carry no exchange
    rate, so none is asked for. ``connect_help``: where in the vendor's settings to find what.
    ``webhooks``: what its deliveries want; it counts where an object type has the capability.
    ``shared``: names, from the settings, the tenant and the app whose limits several connections share; by default a
    connection has its tenant for itself, and all connections of a system are one app.
    ``hook_api``: the version of the hook contract that the plugin is written for.
    """

    name: str
    title: str
    version: str
    settings: type[Settings]
    secrets: type[Secrets]
    grants: tuple[GrantKind, ...]
    objects: tuple[ObjectSupport, ...]
    hosts: Callable[[Settings], tuple[str, ...]]
    quotas: tuple[Quota, ...] = ()
    concurrency: int = 4
    keeps_rates: bool = True
    connect_help: str = ""
    consent: Consent | None = None
    notes: tuple[str, ...] = field(default=())
    webhooks: Webhooks = field(default_factory=Webhooks)
    shared: "Callable[[Settings], Mapping[QuotaScope, str]] | None" = None
    hook_api: int = 1

    def support(self, object_type: ObjectType) -> ObjectSupport | None:
        """What this system does with an object type, None when nothing."""
        return next((support for support in self.objects if support.object_type is object_type), None)

    def can(self, object_type: ObjectType, capability: Capability) -> bool:
        support = self.support(object_type)
        return support is not None and capability in support.can
