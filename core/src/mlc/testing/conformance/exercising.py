"""Check: what the connector declares was really done here, type by type."""

from mlc.records import ObjectType
from mlc.system import Capability
from mlc.testing.conformance import writing
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_shown


class ExercisingChecks(Supplied):
    def test_every_capability_is_exercised(self) -> None:
        self.bench.need_a_vendor()
        lacking = [
            f"{capability} {support.object_type}"
            for support in self.bench.system.objects
            for capability in sorted(support.can)
            if not self._exercised(support.object_type, capability)
        ]
        if lacking:
            not_shown(f"nothing here exercises {', '.join(lacking)}.")

    def _exercised(self, kind: ObjectType, capability: Capability) -> bool:
        match capability:
            case Capability.FIND if not self.bench.system.can(kind, Capability.READ):
                return self._exercised(kind, Capability.CREATE)  # each one that is made is looked up
            case Capability.READ | Capability.FIND:
                return bool(self.bench.rows(kind))
            case Capability.CREATE:
                connection = self.bench.open()
                return writing.draft(self.bench, connection, kind) is not None
            case Capability.UPDATE:
                rows = self.bench.rows(kind)
                if not rows:
                    return False
                return writing.update(self.bench, self.bench.open(), rows[0], kind, rows[0].version) is not None
            case Capability.VOID | Capability.REVERSE | Capability.MARK:
                return bool(self.bench.rows(kind))
            case Capability.WEBHOOKS:
                return self.webhook(self.bench.open().now()) is not None
            case Capability.ATTACH:
                return bool(self.bench.rows(kind))
        return False
