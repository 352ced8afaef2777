"""What one tenant is and can do: the answers of probe and ping. Frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from mlc.records import DimensionKind, ObjectType

if TYPE_CHECKING:
    from mlc.system import Capability


@dataclass(frozen=True, slots=True)
class Probe:
    """What this tenant can do, asked at each run (R7).

    ``locks``: area (``purchases``, ``banking``, ``sales``) → last closed day. ``approvals``: object types that land
    unposted.
    ``unique_fields``: object types whose unique field exists and refuses duplicates.
    ``exchange_rates``: base units per unit, ``EUR`` for today's and ``EUR@2026-10-01`` for the one that holds from
    that day.
    ``refused``: what this account may not do, by object type and capability, each with a sentence that has the remedy.
    Only who asks for it is told; everything else goes on.
    ``missing``: object types that this tenant's edition does not have, or cannot be written yet, each with a sentence.
    ``makeable``: those of ``missing`` that lack one thing which ``mlc_make`` makes once a person has accepted it; the
    sentence in ``missing`` says what that is.
    ``owned``: lists that another program of this tenant keeps, each with a sentence: they are matched, never written.
    ``dimensions_off``: kinds of dimension that this tenant has switched off, each with a sentence that has the remedy:
    a pairing that maps them is refused before anything is written.
    ``line_dimensions``: object types whose lines have every dimension here, whatever ``header_dimensions`` says.
    ``tax_recoverable`` False means tax has to be folded into the lines. ``daily_calls`` sets the day quota, None:
    unknown.
    """

    entity_id: str | None = None
    entity_name: str | None = None
    base_currency: str | None = None
    time_zone: str = "UTC"
    plan: str | None = None
    edition: str | None = None
    daily_calls: int | None = None
    unique_fields: frozenset[ObjectType] = frozenset()
    approvals: frozenset[ObjectType] = frozenset()
    locks: Mapping[str, date] = field(default_factory=dict)
    tax_recoverable: bool = True
    exchange_rates: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[ObjectType, str] = field(default_factory=dict)
    makeable: frozenset[ObjectType] = frozenset()
    owned: Mapping[ObjectType, str] = field(default_factory=dict)
    dimensions_off: Mapping[DimensionKind, str] = field(default_factory=dict)
    line_dimensions: frozenset[ObjectType] = frozenset()
    refused: "Mapping[ObjectType, Mapping[Capability, str]]" = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are there."""

    account: str
    organisation: str | None = None
    plan: str | None = None
    permissions_missing: tuple[str, ...] = ()
    clock_skew_s: float | None = None
    details: Mapping[str, str] = field(default_factory=dict)
