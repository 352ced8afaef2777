"""Counts of one flow's run."""

from dataclasses import dataclass

from mlc.contract import Operation


@dataclass
class Tally:
    """What a flow did, as people and ``--json`` see it."""

    created: int = 0
    updated: int = 0
    adopted: int = 0
    voided: int = 0
    unchanged: int = 0
    held: int = 0
    dead: int = 0
    lost_fields: int = 0
    uncertain: int = 0
    parts: int = 0

    def count(self, operation: Operation, *, is_document: bool) -> None:
        """One write that arrived; calls beside a document are counted apart."""
        if not is_document:
            self.parts += 1
        elif operation is Operation.CREATE:
            self.created += 1
        elif operation is Operation.UPDATE:
            self.updated += 1
        else:
            self.voided += 1

    def as_dict(self) -> dict[str, int]:
        return dict(vars(self))
