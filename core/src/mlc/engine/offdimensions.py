"""Maps for departments or classes that a tenant has switched off: the pairing is refused, or they would be lost."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from mlc.engine.keeping import stored_answer
from mlc.engine.session import Session
from mlc.errors import ConfigError
from mlc.recipes import DepartmentSplit, FlowMode, Pairing, Side
from mlc.records import DimensionKind, ObjectType

_CODED = frozenset(
    {
        ObjectType.BILL,
        ObjectType.VENDOR_CREDIT,
        ObjectType.PURCHASE_ORDER,
        ObjectType.INVOICE,
        ObjectType.EXPENSE,
        ObjectType.JOURNAL_ENTRY,
        ObjectType.DIMENSION,
    }
)
Off = Mapping[Side, Mapping[DimensionKind, str]]


def refuse_maps(session: Session) -> None:
    """Raises: ConfigError for the first map that names what a side has switched off."""
    sentence = map_refused(session.pairing, {side: session.probes[side].dimensions_off for side in session.probes})
    if sentence is not None:
        raise ConfigError(sentence)


def map_refused_as_probed(connection: Connection, pairing: Pairing) -> str | None:
    """The same from the store, for who asks nobody: ``mlc doctor``."""
    off = {}
    for side in Side:
        told = stored_answer(connection, pairing.connection(side)).get("dimensions_off", {})
        off[side] = {DimensionKind(kind): sentence for kind, sentence in told.items()}
    return map_refused(pairing, off)


def map_refused(pairing: Pairing, off: Off) -> str | None:
    """Why the pairing cannot be run as it is configured; None when it can."""
    for side, kinds in off.items():
        for setting, kind in _named(pairing, side):
            if kind in kinds:
                return (
                    f"{pairing.name}: {setting} needs {kind.value.replace('_', ' ')}, which {pairing.connection(side)} "
                    f"has not: {kinds[kind]}"
                )
    return None


def _named(pairing: Pairing, side: Side) -> Iterator[tuple[str, DimensionKind]]:
    """Settings that name a kind of dimension of this side, with the kind."""
    flows = [flow for flow in pairing.flows if flow.object in _CODED and flow.mode is not FlowMode.OFF]
    receives = any(flow.target is side for flow in flows)
    sends = any(flow.source is side for flow in flows)
    for ours, theirs in pairing.policy.maps.dimensions.items():
        for stated, counts in ((theirs, receives), (ours, sends)):
            kind = _kind_of(stated)
            if kind is not None and counts and theirs:
                yield f'dimensions = {{ "{ours}" = "{theirs}" }}', kind
    bills = any(flow.object is ObjectType.BILL and flow.target is side for flow in flows)
    if bills and pairing.policy.department_split is DepartmentSplit.CLASS:
        yield 'department_split = "class"', DimensionKind.CLASS


def _kind_of(stated: str) -> DimensionKind | None:
    """The kind that ``department:Plant`` names; None for text that names none."""
    kind = stated.partition(":")[0]
    return DimensionKind(kind) if kind in set(DimensionKind) else None
