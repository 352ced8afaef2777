"""R6 over a whole pairing: what is sealed still matches, a new key changes nothing, payloads go and digests stay."""

from datetime import datetime, timedelta

from mlc.clock import Clock
from mlc.engine.retention import forget_payloads
from rulebench.bench import Bench
from rulebench.people import People

VAT = "GB293847561"


class Later(Clock):
    """Some days after another clock."""

    def __init__(self, clock: Clock, days: int) -> None:
        self._clock = clock
        self._days = days

    def now(self) -> datetime:
        return self._clock.now() + timedelta(days=self._days)


def on_disk(bench: Bench) -> bytes:
    """Every byte of the database and its log."""
    bench.leave()
    return b"".join(path.read_bytes() for path in bench.folder.glob("mlc.db*"))


def test_a_tax_number_is_nowhere_on_the_disk_and_a_new_key_is_no_change(bench: Bench, people: People) -> None:
    bench.target.post("objects/contacts", {"id": people.contact(1), "vat_reg_no": VAT})
    bench.run()
    bench.run()
    sealed = 'SELECT other_input AS text FROM records WHERE other_input LIKE \'%"tax_number":"sealed:1:%\''
    (before,) = bench.rows(sealed)
    assert VAT.encode() not in on_disk(bench)
    shown = bench.say("keys", "rotate")
    assert shown["values"] >= 1
    (after,) = bench.rows(sealed)
    assert shown["key"] in after["text"]
    assert after != before
    bench.run()
    assert bench.wrote_nothing(), "a new key is no change"
    assert VAT.encode() not in on_disk(bench)
    findings = {one["what"]: one for one in bench.say("doctor", "--offline")}
    assert findings["at rest"]["level"] == "ok", findings["at rest"]


def test_payloads_go_some_days_after_their_write_was_confirmed_and_digests_stay(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    asked = "SELECT payload, payload_digest FROM intents WHERE source_id = ? AND part = 'main'"
    (before,) = bench.rows(asked, uuid)
    assert bytes(before["payload"]).startswith(b"mlc sealed:1:")
    with bench.session() as session:
        session.clock = Later(bench.clock, 29)
        assert forget_payloads(session) == 0, "kept for thirty days"
        session.clock = Later(bench.clock, 31)
        assert forget_payloads(session) >= 1
        assert forget_payloads(session) == 0
    (after,) = bench.rows(asked, uuid)
    assert after == {"payload": None, "payload_digest": before["payload_digest"]}
    (event,) = bench.rows("SELECT detail FROM audit WHERE event = 'payloads_forgotten'")
    assert '"count"' in event["detail"]
    bench.run()
    assert bench.wrote_nothing()
    people.reprice(uuid, "64.00")
    bench.run()
    assert len(people.documents(uuid)) == 1
    assert bench.state(uuid) == "in_step"
