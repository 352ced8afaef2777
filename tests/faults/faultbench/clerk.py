"""Who keeps the records of a strategy's world, and judges the target by its own log and objects alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from mlc.records import ObjectType, Record, Vendor

from faultbench.strategyworld import StrategyWorld
from faultbench.targets import changed, marker, new_bill, new_order, new_vendor, withdrawn

#: A currency that is switched off in the target, until somebody looks after what was refused for it.
NOT_THERE = "ZAR"


class Clerk:
    """Creates, corrects and withdraws; knows what has to stand in the target for it."""

    def __init__(self, world: StrategyWorld) -> None:
        self.world = world
        self._numbers = count(1)
        self._wanted: dict[str, Record] = {}
        self._withdrawn: set[str] = set()
        self._refused: list[Record] = []
        self._posted: dict[ObjectType, list[Record]] = defaultdict(list)
        self._account = (world.home / "account").read_text(encoding="utf-8")
        beside = world.spec.beside(world.target)
        self._vendor = beside[0] if beside else new_vendor(0)

    def lay_in(self, number: int) -> None:
        """Records to be corrected and withdrawn later."""
        for _ in range(number):
            for kind in self._kinds:
                self._posted[kind].append(self._new(kind))
        self.world.settle()
        self.judge()

    @property
    def _kinds(self) -> tuple[ObjectType, ...]:
        given = {ObjectType.ACCOUNT, ObjectType.VENDOR} if self._knows_vendors else {ObjectType.ACCOUNT}
        return tuple(kind for kind in self.world.spec.kinds if kind not in given)

    @property
    def _knows_vendors(self) -> bool:
        return ObjectType.BILL in self.world.spec.kinds

    # ---------------------------------------------------------------- at the source

    def do(self, operation: str) -> None:
        """One thing of each kind of record that leads to a write of this operation."""
        if operation == "image":
            self._new(ObjectType.BILL, image=True)
        elif operation == "batch":
            for _ in range(self.world.spec.batch):
                self._new(ObjectType.VENDOR)
        elif operation == "refuse":
            self._switch(on=False)
            self._refused.append(self._new(ObjectType.VENDOR, currency=NOT_THERE))
        elif operation == "create":
            for kind in self._kinds:
                self._new(kind)
        elif operation == "update":
            for kind in self._kinds:
                self._put(changed(self._take(kind), next(self._numbers)))
        else:
            gone = withdrawn(self._take(ObjectType.PURCHASE_ORDER))
            self._withdrawn.add(gone.source.source_id)
            self._put(gone)

    def correct(self) -> None:
        """What was refused is looked after: its currency is switched on there, and somebody touches it at the source.
        It has to be sent again, changed: what the target kept of the refused write is nothing that stands."""
        if self._refused:
            self._switch(on=True)
        while self._refused:
            self._put(changed(self._refused.pop(), next(self._numbers)))

    def _switch(self, *, on: bool) -> None:
        self.world.target.post("objects/currencies", {"id": NOT_THERE} | ({} if on else {"action": "deactivate"}))

    def _new(self, kind: ObjectType, *, image: bool = False, currency: str | None = None) -> Record:
        number = next(self._numbers)
        assert isinstance(self._vendor, Vendor)
        if kind is ObjectType.VENDOR:
            made: Record = new_vendor(number)
        elif kind is ObjectType.PURCHASE_ORDER:
            made = new_order(number, self._vendor, self._account)
        else:
            made = new_bill(number, self._vendor, self._account, image=image)
        if currency is not None:
            made = made.model_copy(update={"currency": currency})
        self._put(made)
        return made

    def _put(self, record: Record) -> None:
        self._wanted[record.source.source_id] = record
        self.world.desk.put(record)

    def _take(self, kind: ObjectType) -> Record:
        if not self._posted[kind]:
            self.lay_in(10)
        return self._posted[kind].pop()

    # ---------------------------------------------------------------- the person who is asked

    def look_and_decide(self) -> None:
        """Everything that waits is looked up in the target: it is linked if it is there, else sent again."""
        objects = self.world.target.objects()
        for source_id in sorted({str(hold["external_id"]) for hold in self.world.all_holds()}):
            there = self.world.spec.found(objects, self._wanted[source_id])
            self.world.decide(source_id, there[0].id if there else None)

    # ---------------------------------------------------------------- the verdict

    def judge(self) -> None:
        """Raise AssertionError with every problem."""
        found = self.problems()
        assert not found, "\n".join(found)

    def problems(self) -> list[str]:
        """Doubles at any moment; losses, wrong values, missing or doubled images in the end."""
        found = [f"the stand-in crashed: {crash}" for crash in self.world.target.get("crashes")]
        made = created(self.world.target.get("log"), self.world.spec.types)
        objects = self.world.target.objects()
        for source_id, record in self._wanted.items():
            name = f"{record.object_type.value} {marker(record)}"
            ids = {id for text, id in made if text == marker(record) or text.endswith(f":{source_id}")}
            if len(ids) > 1:
                found.append(f"{name} was created {len(ids)} times: {', '.join(sorted(ids))}")
            standing = self.world.spec.found(objects, record)
            if source_id in self._withdrawn:
                found += [f"{name} was withdrawn and still stands"] if standing else []
                continue
            if len(standing) != 1:
                found.append(f"{name} stands {len(standing)} times")
                continue
            if standing[0].value != wanted_value(record):
                found.append(f"{name} is {standing[0].value} instead of {wanted_value(record)}")
            files = len(getattr(record, "attachments", ()))
            if standing[0].files != files:
                found.append(f"{name} has {standing[0].files} images instead of {files}")
        return found


def wanted_value(record: Record) -> str:
    return record.name if isinstance(record, Vendor) else f"{getattr(record, 'total', 0):.2f}"


def created(log: Iterable[Mapping[str, Any]], types: frozenset[str]) -> set[tuple[str, str]]:
    """(text, id) of everything that began to be there, for every text in it."""
    return {
        (text, str(entry["id"]))
        for entry in log
        if entry["type"] in types and entry["before"] is None and entry["after"] is not None
        for text in entry["after"].values()
        if isinstance(text, str)
    }
