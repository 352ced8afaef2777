"""What render is told of a bound record: what its side shows now, not what it showed when both were last in step."""

from mlc.engine.plans import BoundSide, Entry
from mlc.engine.states import RecordState
from mlc.engine.vanishing import gone_in_target
from mlc.recipes import Side
from mlc.records import Bill, Deletion, DeletionKind, ObjectType, SourceMeta, dump_record

SOURCE = SourceMeta(system="ledger", source_id="b1")


def shown(memo: str) -> str:
    return dump_record(Bill(source=SOURCE, bill_number="HP-2209", memo=memo))


def entry(other_input: str | None, other_version: str | None) -> Entry:
    sides = {
        name: BoundSide(
            external_id=f"{name}-1", part=name, version="3", base=shown("in step"), lines={}, mapper_version=None,
            adopted=False,
        )
        for name in ("main", "image")
    }  # fmt: skip
    return Entry(
        id=1, object_type=ObjectType.BILL, read_type=ObjectType.BILL, side=Side.LEFT, external_id="s1",
        state=RecordState.PENDING, version="1", input=None, other_input=other_input, other_version=other_version,
        overrides={}, reason=None, number=None, party=None, origin=None, parts=sides, decided={},
    )  # fmt: skip


def test_a_change_that_somebody_made_there_is_what_a_write_begins_from() -> None:
    binding = entry(shown("by an accountant"), "4").binding()
    assert binding is not None
    assert (binding.main.version, binding.base.memo) == ("4", "by an accountant")
    assert binding.parts["image"].version == "3", "other parts were not looked at"


def test_a_version_that_may_still_change_is_named_without_its_mark() -> None:
    binding = entry(shown("just now"), "4~").binding()
    assert binding is not None
    assert binding.main.version == "4"


def test_what_was_not_looked_at_since_or_is_gone_stands_as_it_was_in_step() -> None:
    gone = gone_in_target(Deletion(kind=DeletionKind.HARD_DELETED, evidence="http_404"))
    for other_input, other_version in ((None, None), (gone, "gone")):
        binding = entry(other_input, other_version).binding()
        assert binding is not None
        assert (binding.main.version, binding.base.memo) == ("3", "in step")
