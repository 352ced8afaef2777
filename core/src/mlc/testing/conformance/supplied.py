"""What the author of a connector supplies: settings, secrets, and whatever cannot be read from the vendor itself."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mlc.deliveries import WebhookRequest
from mlc.http import Response
from mlc.records import ObjectType, Record
from mlc.testing.conformance import copying
from mlc.testing.samples import Sample
from mlc.testing.vendor import Vendor, serve_stand_in

if TYPE_CHECKING:
    from mlc.testing.conformance.bench import Bench


class Supplied:
    """Class attributes and methods that a subclass fills in. Only ``system``, ``settings`` and ``secrets`` are needed.

    Attributes:
        settings: as in ``mlc.toml``, without ``endpoint``.
        secrets: plain text, invented.
        other_secrets: those of another connection, for webhooks sent to the wrong one; default: every secret reversed.
        standin: name of a stand-in in the group ``mlc.sandboxes``.
        samples: payloads per object type; read from the served vendor when left out.
        enums: payload keys that hold enumerations, per object type; default: ``status`` where there is one.
        xfail: check → reason, for known failures. They are run, and have to fail.
        webhook_has_time: False when deliveries carry no time of their own.
        webhook_echo: where the vendor signs nothing and only repeats a secret in the body: that secret, as it stands
            there. What else such a body says can be forged by nobody but who knows it, and is a hint at most.
        receiver: where subscriptions are made to point to; one that answers, where the vendor tries it at once.
    """

    system: ClassVar[str] = ""
    settings: ClassVar[Mapping[str, Any]] = {}
    secrets: ClassVar[Mapping[str, Any]] = {}
    other_secrets: ClassVar[Mapping[str, Any] | None] = None
    standin: ClassVar[str | None] = None
    standin_records: ClassVar[int] = 30
    standin_seed: ClassVar[int] = 7
    samples: ClassVar[Mapping[ObjectType, Sample]] = {}
    enums: ClassVar[Mapping[ObjectType, tuple[str, ...]]] = {}
    xfail: ClassVar[Mapping[str, str]] = {}
    webhook_has_time: ClassVar[bool] = True
    webhook_echo: ClassVar[str] = ""
    receiver: ClassVar[str] = "https://hooks.example.com/webhooks/conformance"
    bench: "ClassVar[Bench]"

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str | None]:
        """Serve the vendor and yield its URL, which becomes the setting ``endpoint``; None: nothing is served."""
        if cls.standin is None:
            yield None
            return
        with serve_stand_in(cls.standin, seed=cls.standin_seed, records=cls.standin_records) as url:
            yield url

    @classmethod
    def prepare(cls, folder: Path) -> Mapping[str, Any]:
        """Further settings, with what they point to made in ``folder``."""
        return {}

    def to_create(self, object_type: ObjectType, number: int) -> Record | None:
        """A record to write that is not there yet, its references with ids of this system. None: cannot be made here.

        ``number`` is another one each time. The default copies a record that was read and renames it.
        """
        return copying.copied(self.bench.readable(object_type), number)

    def to_change(self, record: Record) -> tuple[Record, frozenset[str]] | None:
        """The record with one harmless field changed, and the name of that field. None: nothing can be changed."""
        return copying.changed(record)

    def touch(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        """Change a record at the vendor as a person would, and return its id. None: only the connector can write."""
        return None

    def remove(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        """Delete a record at the vendor as a person would, and return its id. None: cannot be done here."""
        return None

    def unknown_id(self, object_type: ObjectType, known: str) -> str:
        """An id of the same form as ``known`` that is not there."""
        if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", known):
            return "00000000-0000-4000-8000-000000000000"
        return f"{known}98765"

    def webhook(self, at: datetime) -> WebhookRequest | None:
        """A good delivery of that moment, signed with the secrets. None: there is none to show."""
        return None

    def unauthorised(self) -> Response:
        """The vendor's answer to a dead token."""
        return Response(401, json={})

    def refused_credentials(self) -> Response:
        """The token endpoint's answer to credentials that are no good any more."""
        return Response(401, json={"error": "invalid_grant"})

    def rate_limited(self) -> Response:
        """The vendor's answer to too many calls."""
        return Response(429, json={}, headers={"Retry-After": "7"})
