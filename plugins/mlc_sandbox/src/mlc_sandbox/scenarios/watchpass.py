"""The pass ``webhook`` of ``zoho-books+zoho-crm``: the desk tells of people through a channel, of some twice, some late
or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from mlc_sandbox.company.relations import Relations
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record

TARGET: Final = "zoho-crm"
PEOPLE: Final = 50
_CUSTOMERS: Final = (1, 2, 3, 4, 5)
_LOST_AFTER: Final = (6, 12, 18, 24, 30)
_DOUBLED_AFTER: Final = (2, 7, 12, 17, 22, 27, 31)
_LATE_AFTER: Final = (4, 10, 16, 22, 28)
#: What binding a record may write into it without being an echo.
_OWN: Final = frozenset({"Books_Id", "Modified_Time", "Modified_By", "$modified"})

Post = Callable[[str, object], Any]


def set_up(post: Post, *, public: str, local: str) -> None:
    """Where the public root that the connector gives its channels lies on this machine.

    Args:
        post: A control call of the desk's stand-in, e.g. ``Served.post``.
    """
    post("callbacks", {public: local})


def faults(path: str = "/webhooks/") -> list[dict[str, Any]]:
    """What goes wrong on the way: five messages lost, seven doubled, five held back until the next has left."""
    kinds = (("webhook_lost", _LOST_AFTER), ("webhook_duplicate", _DOUBLED_AFTER), ("webhook_reorder", _LATE_AFTER))
    return [{"match": path, "kind": kind, "times": 1, "after": after} for kind, places in kinds for after in places]


def address_of(place: int) -> str:
    """The address of one of the new people."""
    return f"watch-{place:03d}@customer{_CUSTOMERS[place % len(_CUSTOMERS)]:02d}.example"


def changes(known: Relations) -> list[Change]:
    """Fifty people whom the desk adds to customers that both sides know, one after the other."""
    rows = []
    for place in range(1, PEOPLE + 1):
        customer = known.customer(f"customer:{_CUSTOMERS[place % len(_CUSTOMERS)]:02d}")
        body = {
            "First_Name": "Wanda",
            "Last_Name": f"Watched-{place:03d}",
            "Email": address_of(place),
            "Account_Name": {"id": customer.desk_id},
        }
        rows.append(Change(address_of(place), TARGET, "Contacts", body))
    return rows


def check(
    known: Relations,
    source_objects: Mapping[str, Iterable[Record]],
    target_objects: Mapping[str, Iterable[Record]],
    target_log: Iterable[Mapping[str, Any]],
    *,
    lost: Iterable[str],
    by_poll: Iterable[str],
) -> list[CaseResult]:
    """All fifty stand in the books once, with their customer; what was lost came by the poll; nothing came back.

    Args:
        lost: Addresses of the people of whom no message told, as ``lost_of`` has them.
        by_poll: Addresses of the people whom a polling run wrote.
    """
    wanted = {
        address_of(place): known.customer(f"customer:{_CUSTOMERS[place % len(_CUSTOMERS)]:02d}").books_id
        for place in range(1, PEOPLE + 1)
    }
    there = Counter(
        (str(person["email"]), str(contact["contact_id"]))
        for contact in source_objects.get("contacts", ())
        for person in contact["contact_persons"]
        if person["email"] in wanted
    )
    right = sum(there[email, customer] == 1 for email, customer in wanted.items())
    stray = sorted(email for (email, customer), count in there.items() if customer != wanted[email] or count > 1)
    echoes = sum(
        entry["type"] == "Contacts" and entry["op"] == "update" and entry["cause"].get("kind") == "request"
        and entry["after"].get("Email") in wanted and bool(_touched(entry) - _OWN)
        for entry in target_log
    )  # fmt: skip
    missed = sorted(set(lost) - set(by_poll))
    return [
        CaseResult("watch_people_in_the_books", f"{PEOPLE} people", f"{right} people"),
        CaseResult("watch_twice_or_elsewhere", "none", ", ".join(stray) or "none"),
        CaseResult("watch_lost_came_by_poll", "all", ", ".join(missed) or "all"),
        CaseResult("watch_echoes", "0 writes", f"{echoes} writes"),
        CaseResult("watch_channels", "all good", ", ".join(_bad_channels(target_objects)) or "all good"),
    ]


def _touched(entry: Mapping[str, Any]) -> set[str]:
    before, after = entry["before"], entry["after"]
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _bad_channels(objects: Mapping[str, Iterable[Record]]) -> list[str]:
    """What a channel ought to have: a token, a life beyond the default hour, no news of related records."""
    channels = list(objects.get("channels", ()))
    if not any(event.startswith("Contacts.") for one in channels for event in one["events"]):
        return ["no channel on Contacts"]
    return [
        f"{one['channel_id']}: no token" if not one["token"] else f"{one['channel_id']}: related actions"
        for one in channels
        if not one["token"] or one["notify_on_related_action"]
    ]


def lapses_at(objects: Mapping[str, Iterable[Record]]) -> datetime | None:
    """When the first channel lapses; None when there is none."""
    ends = [datetime.fromisoformat(one["channel_expiry"]) for one in objects.get("channels", ())]
    return min(ends, default=None)


def lost_of(log: Iterable[Mapping[str, Any]], delivered: Iterable[str]) -> list[str]:
    """Addresses of the people of this pass of whom no message told; ``delivered`` are the ids that arrived."""
    arrived = set(delivered)
    return sorted(
        str(entry["after"]["Email"])
        for entry in log
        if entry["type"] == "Contacts" and entry["op"] == "create" and entry["id"] not in arrived
        and str(entry["after"].get("Email") or "").startswith("watch-")
    )  # fmt: skip
