"""R21: parties merged at the vendor are followed; documents go to the survivor, nothing is merged by us."""

from collections.abc import Callable
from typing import Any

import pytest
from mlc.engine.session import Session
from mlc.records import DeletionKind
from rulebench.bench import Bench
from rulebench.people import People

from .test_vendors import known_vendor


@pytest.fixture
def says_so(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """A vendor that tells into what a record was merged, where the stand-in's product only says that it is gone."""

    def tell(loser: str, winner: str) -> None:
        read = Session.read

        def telling(session: Session, *arguments: Any) -> Any:
            rows = read(session, *arguments)
            for row in rows:
                if row.id == loser and row.deleted is not None:
                    merged = row.deleted.model_copy(update={"kind": DeletionKind.MERGED, "moved_to": winner})
                    object.__setattr__(row, "deleted", merged)
            return rows

        monkeypatch.setattr(Session, "read", telling)

    return tell


def merge(bench: Bench, winner: str, loser: str) -> None:
    bench.target.post("objects/contacts", {"id": winner, "action": "merge", "loser_id": loser})


def vendor_record(bench: Bench, vendor: int) -> str:
    (row,) = bench.rows("SELECT state FROM records WHERE object_type = 'vendor' AND external_id = ?", str(vendor))
    return str(row["state"])


def test_two_vendors_that_became_one_over_there_both_post_to_the_survivor(
    bench: Bench, people: People, says_so: Callable[[str, str], None]
) -> None:
    winner, stays = known_vendor(bench, people, "Mooring Metals")
    loser, goes = known_vendor(bench, people, "Mooring Metals Holding")
    before = people.posted_bill(vendor=loser)
    merge(bench, stays, goes)
    says_so(goes, stays)
    bench.run(sweep=True)
    assert bench.codes(str(loser)) == ["merged_elsewhere"]
    assert bench.codes(before) == [], "its vendor was merged, it was not edited"
    new, other = people.bill(vendor=loser), people.bill(vendor=winner)
    bench.run()
    assert [people.document(uuid)["vendor_id"] for uuid in (new, other)] == [stays, stays]
    bench.decide("accept", bench.record(str(loser))["id"])
    bench.run()
    assert (bench.codes(str(loser)), bench.alerts("merged_elsewhere")) == ([], [])
    assert bench.wrote_nothing()
    people.pay(new)
    bench.run()
    assert len(people.payments(new)) == 1


def test_a_vendor_merged_into_a_stranger_is_bound_to_it(
    bench: Bench, people: People, says_so: Callable[[str, str], None]
) -> None:
    vendor, goes = known_vendor(bench, people, "Nautical Nails")
    before = people.posted_bill(vendor=vendor)
    usd = next(one for one in bench.target.get("objects/currencies") if one["currency_code"] == "USD")
    stays = people.new_contact("Nautical Nails International", currency_id=usd["currency_id"])
    bench.run()
    merge(bench, stays, goes)
    says_so(goes, stays)
    bench.run(sweep=True)
    new = people.bill(vendor=vendor)
    bench.run()
    assert people.document(new)["vendor_id"] == stays
    assert (bench.codes(str(vendor)), bench.codes(before)) == ([], [])
    roles = bench.rows("SELECT role, moved_to FROM bindings WHERE external_id = ?", goes)
    assert roles == [{"role": "alias", "moved_to": stays}]


def test_a_merge_that_nobody_told_is_followed_when_a_person_links_the_survivor(bench: Bench, people: People) -> None:
    winner, stays = known_vendor(bench, people, "Oakum Oils")
    loser, goes = known_vendor(bench, people, "Oakum Oils Group")
    merge(bench, stays, goes)
    bench.run(sweep=True)
    assert bench.codes(str(loser)) == ["gone_in_target"]
    bench.decide("link", bench.record(str(loser))["id"], stays)
    bench.run()
    assert bench.codes(str(loser)) == ["merged_elsewhere"]
    uuid = people.bill(vendor=loser)
    bench.run()
    assert people.document(uuid)["vendor_id"] == stays
    assert bench.state(str(winner)) == "in_step"


def test_a_document_refused_because_its_vendor_is_gone_is_resolved_again(
    bench: Bench, people: People, says_so: Callable[[str, str], None]
) -> None:
    _winner, stays = known_vendor(bench, people, "Pulley Parts")
    loser, goes = known_vendor(bench, people, "Pulley Parts East")
    merge(bench, stays, goes)
    says_so(goes, stays)
    uuid = people.bill(vendor=loser)
    bench.run()
    assert (bench.state(uuid), bench.codes(uuid)) == ("held", ["missing_vendor"]), bench.record(uuid)["reason"]
    bench.run()
    bench.run()
    assert people.document(uuid)["vendor_id"] == stays
    assert (bench.state(uuid), bench.codes(uuid)) == ("in_step", [])
