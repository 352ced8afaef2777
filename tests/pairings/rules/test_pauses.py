"""A person stops a pairing, or one of its flows, and lets it go on: nothing is sent meanwhile, nothing is lost."""

from mlc.recipes import Pairing
from mlc.runner.serving import keep_running
from mlc.runner.work import Claim
from rulebench.bench import PAIRING, Bench
from rulebench.people import People


def _often(pairing: Pairing) -> Pairing:
    policy = pairing.policy.model_copy(update={"every": "1s", "jitter": "0s"})
    return pairing.model_copy(update={"policy": policy})


def test_a_paused_pairing_calls_nobody_and_makes_up_for_it_afterwards(bench: Bench, people: People) -> None:
    uuid = people.bill()
    bench.leave()
    told = bench.say("pause", PAIRING, "--reason", "Closing November")
    assert told == {"pairing": PAIRING, "flow": None, "paused": True, "changed": True}
    calls = (len(bench.source.get("log")), bench.source.get("calls"), bench.target.get("calls"))
    report = bench.run()
    assert report.paused is not None
    assert "Closing November. To go on: mlc resume demo" in report.paused
    assert (len(bench.source.get("log")), bench.source.get("calls"), bench.target.get("calls")) == calls
    shown = bench.say("status")["pairings"][0]
    assert shown["paused"] == [report.paused]
    bench.leave()
    assert bench.say("run", "--once")[0]["paused"] == report.paused, "also by mlc run"
    assert bench.say("resume", PAIRING)["changed"]
    bench.run()
    assert len(people.documents(uuid)) == 1
    assert [row["event"] for row in bench.rows("SELECT event FROM audit WHERE event LIKE '%_by_person' ORDER BY id")][
        -2:
    ] == ["paused_by_person", "resumed_by_person"]


def test_a_paused_flow_is_read_but_not_sent_while_the_others_go_on(bench: Bench, people: People) -> None:
    first = people.posted_bill()
    bench.leave()
    bench.say("pause", PAIRING, "--flow", "payments", "--reason", "Bank is changing")
    people.pay(first)
    second = people.bill()
    report = bench.run()
    assert "payments of demo is paused" in report.stopped["payments"]
    assert report.needs_a_person
    assert len(people.documents(second)) == 1
    assert people.payments(first) == []
    bench.leave()
    assert bench.say("resume", PAIRING) == {"pairing": PAIRING, "flow": None, "paused": True, "changed": False}
    assert bench.say("resume", PAIRING, "--flow", "payments")["changed"]
    bench.run()
    assert len(people.payments(first)) == 1


def test_pausing_twice_changes_nothing_and_keeps_the_first_reason(bench: Bench) -> None:
    bench.leave()
    assert bench.say("pause", PAIRING, "--reason", "First")["changed"]
    assert not bench.say("pause", PAIRING, "--reason", "Second")["changed"]
    assert "First" in bench.say("status")["pairings"][0]["paused"][0]
    assert bench.say("resume", PAIRING)["changed"]


def test_a_running_program_honours_a_pause_said_meanwhile(bench: Bench, people: People) -> None:
    """The loop asks at every slot; a pause needs no restart, and neither does going on."""
    uuid = people.bill()
    engine = bench.enter()
    bench.say("pause", PAIRING, "--reason", "A moment")
    engine.config = engine.config.model_copy(update={"pairings": {PAIRING: _often(engine.config.pairings[PAIRING])}})
    told: list[object] = []
    seen: list[int] = []

    class Ear:
        def pairing_ended(self, pairing: str, news: object) -> None:
            told.append(news)
            seen.append(len(people.documents(uuid)))
            if len(told) == 2:
                bench.say("resume", PAIRING)

        def slice_ended(self, pairing: str, claim: Claim, seconds: float) -> None:
            pass

    keep_running(engine, [PAIRING], stop=lambda: len(told) >= 3, listener=Ear(), by="tests", tick_s=0.1)
    bench.run()
    assert [bool(getattr(news, "paused", None)) for news in told] == [True, True, False]
    assert seen[:2] == [0, 0]
    assert len(people.documents(uuid)) == 1
