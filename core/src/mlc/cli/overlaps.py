"""Pairings that would get into each other's way."""

from collections.abc import Mapping

from mlc.config import Config
from mlc.recipes import FlowMode, Pairing, Side
from mlc.records import ObjectType


def overlap(config: Config, tenants: Mapping[str, str] | None = None) -> str | None:
    """Pairings that would answer each other: two that create one type in one connection, or a ring of them (R15).

    Two that see different companies of a connection, each named in its ``scope``, do not meet there.

    Args:
        tenants: Connection → the tenant it leads to, where its system says so. What one tenant hands over may be taken
            once, by whichever connection.
    """
    known = tenants or {}
    writers: dict[tuple[str, ObjectType], list[tuple[Pairing, Side]]] = {}
    groups: dict[ObjectType, list[set[str]]] = {}
    for pairing in config.pairings.values():
        for flow in pairing.flows:
            if flow.mode is FlowMode.WRITE and flow.creates:
                target = pairing.connection(flow.target)
                place = known.get(target, target) if flow.object is ObjectType.DOCUMENT_REPORT else target
                others = writers.setdefault((place, flow.object), [])
                for other, side in others:
                    if other.name != pairing.name and (met := _meet(other, side, pairing, flow.target)) is not None:
                        seen = dict.fromkeys([other.connection(side), target])
                        return _both(other, pairing, flow.object, " and ".join(seen), met)
                others.append((pairing, flow.target))
        ends = {pairing.left, pairing.right}
        for object_type in sorted(
            {flow.object for flow in pairing.flows if flow.mode in (FlowMode.WRITE, FlowMode.HOLD)}
        ):
            touched = [group for group in groups.get(object_type, []) if group & ends]
            if any(ends <= group for group in touched):
                ring = ", ".join(sorted(set().union(*touched)))
                return (
                    f"{pairing.name} closes a ring of {object_type} over {ring}; switch that flow off in one of them."
                )
            rest = [group for group in groups.get(object_type, []) if group not in touched]
            groups[object_type] = [*rest, ends.union(*touched)]
    return None


def _meet(one: Pairing, side: Side, other: Pairing, other_side: Side) -> list[str] | None:
    """The companies of a connection that both may see; empty where one of them may see all; None where none."""
    companies, others = one.policy.scope.get(side, ()), other.policy.scope.get(other_side, ())
    if not companies or not others:
        return []
    return sorted(set(companies) & set(others)) or None


def _both(one: Pairing, other: Pairing, kind: ObjectType, connection: str, met: list[str]) -> str:
    names = f"{one.name} and {other.name}"
    if met:
        return f"{names} both see {', '.join(met)} of {connection} by their scope; leave each company to one of them."
    if kind is ObjectType.DOCUMENT_REPORT:
        return f"{names} both take documents from {connection}; name the companies of each in its scope."
    return f"{names} both create {kind} in {connection}; leave it to one of them."
