"""R16: two sides that each tidy what they store never take turns with us, and if somebody does, the breaker opens."""

import random
from typing import Any

import pytest
from rulebench.bench import Bench
from rulebench.people import People

from .conftest import Opener
from .test_vendors import contact_of, known_vendor, vendor_of

#: Website is edited on both sides here, so that one field can be written to and fro at all.
BOTH = {"vendors": {"owners": {"website": "merge", "addresses": "merge"}}}


def random_rules(rng: random.Random, url: str, line: str) -> dict[str, Any]:
    """What a vendor does to what it is sent: tidy it, and some of cut, capitals, escape and a default."""
    rules: dict[str, Any] = {}
    if rng.random() < 0.5:
        rules["truncate"] = {url: rng.randint(12, 30)}
    if rng.random() < 0.5:
        rules["upper"] = [rng.choice([url, line])]
    if rng.random() < 0.5:
        rules["escape"] = [rng.choice([url, line])]
    if rng.random() < 0.5:
        rules["default"] = {url: "https://none.example", line: "unknown"}
    return rules


@pytest.mark.parametrize("seed", [3, 5, 8])
def test_no_owners_value_is_replaced_by_the_other_sides_tidied_copy(opening: Opener, seed: int) -> None:
    with opening(policy={"flows": BOTH}) as bench:
        rng, people = random.Random(seed), People(bench)
        bench.run()
        known = [known_vendor(bench, people, name) for name in ("Grapnel & Sons", "Halyard Hoists", "Iron Isle")]
        bench.fault("WRITE", "normalise", body=random_rules(rng, "website", "notes"))
        bench.fault("WRITE", "normalise", at=bench.source, body=random_rules(rng, "url", "addressLineTwo"))
        typed: dict[tuple[str, int], str] = {}
        for _edit in range(6):
            vendor, contact = rng.choice(known)
            value = f"https://site{rng.randint(1, 999)}.example/?a=1&b={'x' * rng.randint(1, 20)}"
            side = rng.choice(["left", "right"])
            if side == "left":
                bench.source.post("objects/vendors", {"id": vendor, "url": value})
            else:
                bench.target.post("objects/contacts", {"id": contact, "website": value})
            typed[side, vendor] = value
            typed.pop(("right" if side == "left" else "left", vendor), None)
            bench.run()
            bench.run()
        shown = [(vendor_of(bench, vendor)["url"], contact_of(bench, contact)["website"]) for vendor, contact in known]
        for _run in range(10):
            bench.run()
            assert bench.wrote_nothing()
        for (side, vendor), value in typed.items():
            contact = dict(known)[vendor]
            here = vendor_of(bench, vendor)["url"] if side == "left" else contact_of(bench, contact)["website"]
            assert here == value, "who typed it last finds it as typed"
        assert shown == [
            (vendor_of(bench, vendor)["url"], contact_of(bench, contact)["website"]) for vendor, contact in known
        ]


def edited(bench: Bench, vendor: int, contact: str, times: int) -> None:
    """The website is changed on one side, then on the other, and we carry it to and fro."""
    for turn in range(times):
        if turn % 2:
            bench.target.post("objects/contacts", {"id": contact, "website": f"https://right{turn}.example"})
        else:
            bench.source.post("objects/vendors", {"id": vendor, "url": f"https://left{turn}.example"})
        bench.run()
        bench.run()


def test_a_field_written_three_times_a_day_on_both_sides_is_held_as_flapping(opening: Opener) -> None:
    with opening(policy={"flows": BOTH}) as bench:
        people = People(bench)
        bench.run()
        vendor, contact = known_vendor(bench, people, "Jetty Joiners")
        edited(bench, vendor, contact, 3)
        assert bench.codes(str(vendor)) == []
        bench.target.post("objects/contacts", {"id": contact, "website": "https://fourth.example"})
        bench.run()
        assert bench.codes(str(vendor)) == ["flapping"]
        assert bench.wrote_nothing()
        (alert,) = bench.alerts("flapping")
        assert "website" in alert["sentence"]
        assert bench.events(str(vendor))[-1] == "held"
        assert vendor_of(bench, vendor)["url"] == "https://left2.example"

        bench.decide("accept", bench.record(str(vendor))["id"])
        bench.run()
        assert bench.wrote_nothing()
        assert (bench.codes(str(vendor)), bench.alerts("flapping")) == ([], [])
        assert contact_of(bench, contact)["website"] == "https://fourth.example", "both stay as they are"
        bench.source.post("objects/vendors", {"id": vendor, "url": "https://fifth.example"})
        bench.run()
        assert contact_of(bench, contact)["website"] == "https://fifth.example", "the count starts anew"


def test_a_flapping_field_is_written_once_more_when_a_person_says_repair(opening: Opener) -> None:
    with opening(policy={"flows": BOTH}) as bench:
        people = People(bench)
        bench.run()
        vendor, contact = known_vendor(bench, people, "Keel Kings")
        edited(bench, vendor, contact, 4)
        assert bench.codes(str(vendor)) == ["flapping"]
        bench.decide("repair", bench.record(str(vendor))["id"])
        bench.run()
        assert vendor_of(bench, vendor)["url"] == "https://right3.example"
        assert bench.codes(str(vendor)) == []


def test_edits_that_are_days_apart_are_no_flapping(opening: Opener) -> None:
    with opening(policy={"flows": BOTH}) as bench:
        people = People(bench)
        bench.run()
        vendor, contact = known_vendor(bench, people, "Lee Lanterns")
        edited(bench, vendor, contact, 3)
        bench.pass_time(86_400.0)
        bench.target.post("objects/contacts", {"id": contact, "website": "https://next-day.example"})
        bench.run()
        assert vendor_of(bench, vendor)["url"] == "https://next-day.example"
        assert bench.codes(str(vendor)) == []
