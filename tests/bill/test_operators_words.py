"""What an operator reads when BILL refuses: each trouble that a first month brings, in a sentence with a remedy.

The subscription that BILL disabled is told by core (``tests/core/runner/test_subscribers.py``).
"""

from datetime import date
from decimal import Decimal

import pytest
from mlc import FetchMode
from mlc.accounting.parties import PartyIndex, match_party
from mlc.accounting.partyrows import Ambiguous, PartyRow
from mlc.accounting.shape import shorten_number
from mlc.errors import AuthError, MappingError, MlcError
from mlc.records import Bill, Line, ObjectType, Ref, SourceMeta, Vendor

from mlc_bill import plugin

from .conftest import VENDOR, context, page, problem, reply

SOURCE = SourceMeta(system="books", source_id="17")
EXPIRED = problem("BDC_1109", "Session is invalid.  Please log in.")


def read(connection):
    return plugin.mlc_fetch(connection, ObjectType.VENDOR, None, FetchMode.CHANGES)


def said(error: type[MlcError], gateway, **settings) -> str:
    with pytest.raises(error) as refused:
        read(gateway.connect(**settings))
    return refused.value.sentence


def test_a_session_that_expired_is_no_word_to_the_operator(gateway, connection):
    gateway.on("GET vendors", reply(EXPIRED, 401), page())
    read(connection)
    assert gateway.logins == 2


def test_a_session_that_never_lives_says_what_was_changed(gateway):
    gateway.on("GET vendors", reply(EXPIRED, 401))
    told = said(AuthError, gateway)
    assert told.startswith(
        "BILL refuses a session that was made a moment ago: the developer key or the user was changed"
    )


@pytest.mark.parametrize(
    ("settings", "code", "status", "words", "remedy"),
    [
        ({"login": "user"}, "BDC_1101", 401, "the password was changed, or mistyped", "mlc connect"),
        ({}, "BDC_1101", 401, "no longer accepts the sync token: it was revoked", "Make a new one in BILL under"),
        ({"login": "user"}, "BDC_1361", 403, "second factor (MFA)", "have the connection's user trusted"),
    ],
    ids=["password rotated", "sync token revoked", "MFA demanded"],
)
def test_a_login_that_is_refused_says_why_and_what_to_do(gateway, settings, code, status, words, remedy):
    gateway.on("POST login", problem(code, "Session is untrusted."), status=status)
    told = said(AuthError, gateway, **settings)
    assert words in told
    assert remedy in told


def test_a_number_longer_than_21_characters_says_that_it_has_to_be_shortened(gateway, connection):
    long = "2026-10-DE-HAMBURG-INV-0000004711X"
    bill = Bill(source=SOURCE, vendor=Ref(record_type=ObjectType.VENDOR, source_id=VENDOR), bill_number=long,
                currency="USD", total=Decimal(5), issue_date=date(2026, 11, 2),
                lines=(Line(line_net_amount=Decimal(5)),))  # fmt: skip
    with pytest.raises(MappingError) as refused:
        plugin.mlc_render(connection, bill, None, context())
    assert "has 34: it has to be shortened before it is sent" in refused.value.sentence
    short = shorten_number(long, 21)
    assert (len(short), short[:17]) == (21, long[-16:] + "~")


def test_a_vendor_without_address_says_what_it_lacks(connection):
    vendor = Vendor(source=SOURCE, name="Nowhere Studio", currency="USD")
    with pytest.raises(MappingError) as refused:
        plugin.mlc_render(connection, vendor, None, context())
    assert refused.value.field == "addresses"
    assert refused.value.sentence.startswith(
        "BILL takes no vendor without a full postal address; Nowhere Studio lacks line 1, city, postal code, country "
    )


def test_two_vendors_of_one_name_say_that_a_person_has_to_tell():
    rows = [PartyRow(external_id=f"009{place}", name="Global Services Group", currency="USD") for place in (1, 2)]
    mine = PartyRow(external_id="17", name="Global Services Group")
    found = match_party(mine, PartyIndex(rows).near(mine), peers=[mine])
    assert isinstance(found, Ambiguous)
    assert [row.external_id for row in found.candidates] == ["0091", "0092"]
    assert found.why
