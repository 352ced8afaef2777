"""What the checks of one class share: the plugin alone, the served vendor, what a clean read gave."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlc.connection import AnyConnection
from mlc.contract import FetchMode, Page, SourceRecord
from mlc.errors import MlcError
from mlc.http import CallKind
from mlc.plugins import Plugins
from mlc.records import ObjectType, Record
from mlc.system import Capability, ObjectSupport, System
from mlc.tenants import Probe
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.connecting import open_test_connection, plugins_of, tap_of
from mlc.testing.samples import Sample
from mlc.testing.tap import Tap
from mlc.testing.vendor import Vendor

if TYPE_CHECKING:
    from mlc.testing.conformance.supplied import Supplied

PAGES_MAX = 400
READABLE = 12
TICK_S = 2.0


class Bench:
    """Opens everything on first use; ``close`` ends it."""

    def __init__(self, supplied: "type[Supplied]") -> None:
        self.supplied = supplied
        self._open = ExitStack()
        self._pages: dict[ObjectType, list[Page]] = {}
        self._readable: dict[ObjectType, list[Record]] = {}
        self._rows: dict[ObjectType, list[SourceRecord]] = {}
        self._number = int(datetime.now(UTC).timestamp())
        self._probe: Probe | None = None

    def close(self) -> None:
        self._open.close()

    # ---------------------------------------------------------------- the plugin and its vendor

    @cached_property
    def author(self) -> "Supplied":
        """What the author's methods are called on."""
        return self.supplied()

    @cached_property
    def plugins(self) -> Plugins:
        return plugins_of(self.supplied.system)

    @cached_property
    def system(self) -> System:
        return self.plugins.system(self.supplied.system)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The supplied settings with what was prepared for them."""
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="mlc-conformance-")))
        return {**self.supplied.settings, **self.supplied.prepare(folder)}

    @cached_property
    def url(self) -> str | None:
        """Where the vendor is served."""
        return self._open.enter_context(self.supplied.serve())

    @cached_property
    def calls_nobody(self) -> bool:
        """Whether the system is reached without HTTP: it names no host."""
        return not self.system.hosts(self.system.settings.model_validate(self.settings))

    @property
    def vendor(self) -> Vendor:
        """The served vendor; without one the check is not shown."""
        if self.calls_nobody:
            not_applicable("the system is reached without HTTP.")
        if self.url is None:
            not_shown("no vendor is served; supply standin or serve().")
        return self._served

    @cached_property
    def _served(self) -> Vendor:
        return Vendor(self.url or "")

    def refresh(self) -> None:
        """After a check that changed records at the vendor, read them anew."""
        if "_served" in vars(self) and self._served.changes:
            self._served.changes.clear()
            self._pages.clear()
            self._rows.clear()
            self._readable.clear()

    def need_a_vendor(self) -> None:
        """Go on only where something can be read."""
        if not self.calls_nobody:
            _ = self.vendor

    def need_calls(self) -> None:
        """Go on only where the system is reached over HTTP, and something answers."""
        _ = self.vendor

    def open(
        self,
        *,
        settings: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Any] | None = None,
        now: Callable[[], datetime] | None = None,
        name: str = "tested",
    ) -> AnyConnection:
        """A connection of its own for one check."""
        connection = open_test_connection(
            self.plugins,
            settings={**self.settings, **(settings or {})},
            secrets=self.supplied.secrets if secrets is None else secrets,
            url=self.url,
            now=now,
            name=name,
        )
        self._open.callback(connection.http.close)
        return connection

    def tapped(self) -> tuple[AnyConnection, Tap]:
        """A connection whose token is in hand and whose calls so far are forgotten."""
        _ = self.vendor
        connection = self.open()
        connection.http.reserve_write().release()
        tap = tap_of(connection)
        tap.clear()
        return connection, tap

    def call(self, connection: AnyConnection, hook: str, **arguments: Any) -> Any:
        return self.plugins.call(self.system.name, hook, connection=connection, **arguments)

    def answers(self, hook: str) -> bool:
        return self.plugins.answers(self.system.name, hook)

    def probe(self, connection: AnyConnection | None = None) -> Probe:
        """What the tenant can do; an empty probe for a plugin that asks nothing."""
        if self._probe is None:
            asked = self.open() if connection is None else connection
            self._probe = self.call(asked, "mlc_probe") if self.answers("mlc_probe") else Probe()
        return self._probe

    def let_time_pass(self) -> None:
        """Longer than a vendor's clock may be coarse: what changes now has another version (R23)."""
        if self.calls_nobody or not self.vendor.advance(TICK_S):
            time.sleep(TICK_S)

    def number(self) -> int:
        """Another one each time, also in the next run against the same vendor."""
        self._number += 1
        return self._number

    # ---------------------------------------------------------------- what can be done with which type

    def supports(self, capability: Capability) -> list[ObjectSupport]:
        return [support for support in self.system.objects if capability in support.can]

    def need(self, capability: Capability) -> list[ObjectSupport]:
        """The types with a capability; without any the check is not applicable."""
        found = self.supports(capability)
        if not found:
            not_applicable(f"the system declares no {capability}.")
        return found

    # ---------------------------------------------------------------- clean reading

    def walk(
        self,
        connection: AnyConnection,
        object_type: ObjectType,
        cursor: str | None = None,
        mode: FetchMode = FetchMode.CHANGES,
    ) -> Iterator[Page]:
        """Page after page, to the watermark; at most ``PAGES_MAX``."""
        for _ in range(PAGES_MAX):
            page: Page = self.call(connection, "mlc_fetch", object_type=object_type, cursor=cursor, mode=mode)
            yield page
            if page.next_cursor is None:
                return
            cursor = page.next_cursor
        raise AssertionError(f"{object_type}: a pass of more than {PAGES_MAX} pages; does it go in circles?")

    def pages(self, object_type: ObjectType) -> list[Page]:
        """A whole clean pass, read once."""
        if object_type not in self._pages:
            self.need_a_vendor()
            self._pages[object_type] = list(self.walk(self.open(), object_type))
        return self._pages[object_type]

    def rows(self, object_type: ObjectType) -> list[SourceRecord]:
        """Some records as read whole."""
        if object_type not in self._rows:
            listed = [row for page in self.pages(object_type) for row in page.records if row.deleted is None]
            support = self.system.support(object_type)
            chosen = list(islice(reversed(listed), READABLE))
            if chosen and support is not None and not support.complete_in_list and self.answers("mlc_read"):
                ids = [row.id for row in chosen]
                chosen = self.call(self.open(), "mlc_read", object_type=object_type, ids=ids)
            self._rows[object_type] = [row for row in chosen if row.deleted is None]
        return self._rows[object_type]

    def map(self, object_type: ObjectType, payload: Mapping[str, Any]) -> Record:
        connection = self.open()
        found: Record = self.call(connection, "mlc_map", object_type=object_type, payload=dict(payload))
        return found

    def readable(self, object_type: ObjectType) -> list[Record]:
        """Some records, mapped from what was read whole."""
        if object_type not in self._readable:
            found = []
            for row in self.rows(object_type):
                try:
                    found.append(self.map(object_type, row.payload))
                except MlcError:
                    continue
            self._readable[object_type] = found
        return self._readable[object_type]

    def sample(self, object_type: ObjectType) -> Sample | None:
        """The supplied sample, else the richest record that was read; None when there is none."""
        given = self.supplied.samples.get(object_type)
        if given is not None:
            return given
        if self.url is None and not self.calls_nobody:
            return None
        rows = self.rows(object_type)
        if not rows:
            return None
        richest = max(rows, key=lambda row: len(str(row.payload)))
        support = self.system.support(object_type)
        if support is None or support.complete_in_list:
            return Sample(richest.payload)
        listed = (row for page in self.pages(object_type) for row in page.records)
        summary = next((row.payload for row in listed if row.id == richest.id and not row.complete), None)
        return Sample(richest.payload, summary)

    def samples(self) -> dict[ObjectType, Sample]:
        """A sample of each type that can be read; without any the check is not shown."""
        found = {}
        for support in self.need(Capability.READ):
            sample = self.sample(support.object_type)
            if sample is not None:
                found[support.object_type] = sample
        if not found:
            not_shown("no samples are supplied, and no vendor is served to read them from.")
        return found


def mutating(tap: Tap) -> int:
    """Requests that left and may have changed something."""
    return len(tap.of(CallKind.WRITE))
