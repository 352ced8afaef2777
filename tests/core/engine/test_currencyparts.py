"""A supplier in several currencies, where the target keeps one per vendor: a part for each, found before it is made."""

from mlc.accounting.parties import PartyIndex
from mlc.accounting.partyrows import PartyRow
from mlc.contract import Operation, RenderedPart
from mlc.engine.currencyparts import as_part, further_currency, is_currency_part, parts_there, party_in
from mlc.records import SourceMeta, Vendor

OSTSEE = Vendor(
    source=SourceMeta(system="west", source_id="7"), name="Ostsee Verpackung", vendor_code="V-7", currency="EUR"
)


def row(name, currency, **fields):
    return PartyRow(external_id=f"{name}:{currency}", name=name, currency=currency, **fields)


def test_the_part_says_its_currency_in_name_and_code():
    made = party_in(OSTSEE, "USD")
    assert (made.name, made.vendor_code, made.currency) == ("Ostsee Verpackung (USD)", "V-7-USD", "USD")
    assert party_in(OSTSEE.model_copy(update={"vendor_code": None}), "USD").vendor_code is None


def test_only_the_main_part_of_what_was_rendered_becomes_the_currencys():
    rendered = (RenderedPart("main", Operation.CREATE, b"{}"), RenderedPart("image", Operation.CREATE, b""))
    (part,) = as_part(rendered, "USD")
    assert (part.name, is_currency_part(part.name), is_currency_part("main")) == ("currency:USD", True, False)


def test_who_is_there_in_that_currency_already_is_found_by_either_name():
    alone, told = row("OSTSEE Verpackung", "USD"), row("Ostsee Verpackung (USD)", "USD")
    others = [row("Ostsee Verpackung", "EUR"), row("Ostsee Handel", "USD"), row("Ostsee Verpackung (USD)", "GBP")]
    assert parts_there(PartyIndex([*others, told]), OSTSEE, "USD") == (told,)
    assert parts_there(PartyIndex([alone, *others, told]), OSTSEE, "USD") == (alone, told)


def test_who_belongs_to_somebody_or_is_inactive_is_nobodys_part():
    taken, gone = row("Ostsee Verpackung", "USD", bound_to=3), row("Ostsee Verpackung", "USD", active=False)
    assert parts_there(PartyIndex([taken, gone]), OSTSEE, "USD") == ()


def test_a_further_currency_does_not_come_back_as_a_vendor_of_its_own():
    dollars = OSTSEE.model_copy(update={"name": "Ostsee Verpackung (USD)", "currency": "USD"})
    bound = row("Ostsee Verpackung", "EUR", bound_to=3)
    assert further_currency(dollars, PartyIndex([bound])) == "Ostsee Verpackung, in USD"
    assert further_currency(dollars, PartyIndex([row("Ostsee Verpackung", "EUR")])) is None
    assert further_currency(dollars, PartyIndex([row("Ostsee Verpackung (USD)", "USD", bound_to=4)])) is None
