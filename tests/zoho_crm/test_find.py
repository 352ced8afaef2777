"""Looked up by our key, by id, by nature; every hit is verified."""

from typing import Any

from mlc import FindKey
from mlc.records import ObjectType
from mlc_zoho.crm.find import find

from .conftest import CrmConnection, Desk, account, contact, listed, nothing, refusal

PEOPLE = ObjectType.CONTACT


def found(connection: CrmConnection, kind: ObjectType, *keys: FindKey) -> list[list[str]]:
    return [[record.id for record in one] for one in find(connection, kind, keys)]


def query(desk: Desk) -> str:
    return str(desk.sent("POST /coql")["select_query"])


def test_a_hundred_of_our_keys_are_two_queries_and_answers_keep_their_order(
    desk: Desk, connection: CrmConnection
) -> None:
    keys = [FindKey(f"k{number}", use_unique_field=True) for number in range(100)]
    desk.on("POST /coql", listed(contact("2", Books_Id="k7"), contact("3", Books_Id="K8")), nothing())
    answers = found(connection, PEOPLE, *keys)
    assert [place for place, one in enumerate(answers) if one] == [7], "a key is exact, its case included"
    assert len(desk.asked("POST /coql")) == 2


def test_quotes_in_a_value_stay_in_the_value(desk: Desk, connection: CrmConnection) -> None:
    desk.on("POST /coql", listed(account("1", Account_Name="O'Hara \\ Sons")))
    assert found(connection, ObjectType.CUSTOMER, FindKey("k", name="o'hara \\  sons")) == [["1"]]
    assert "Account_Name in ('o\\'hara \\\\  sons')" in query(desk)


def test_a_person_is_looked_for_by_address_within_the_account(desk: Desk, connection: CrmConnection) -> None:
    other = contact("2", Account_Name={"id": "5002"})
    desk.on("POST /coql", listed(contact("1"), other))
    assert found(connection, PEOPLE, FindKey("k", reference="IDA@n.example", party_id="5001")) == [["1"]]
    assert "(Email in ('IDA@n.example') and Account_Name in ('5001'))" in query(desk)


def test_a_record_is_found_by_id_and_what_is_gone_is_not(desk: Desk, connection: CrmConnection) -> None:
    desk.on("GET /Contacts", listed(contact("1")))
    answers = found(connection, PEOPLE, FindKey("k", external_id="9"), FindKey("k", external_id="1"))
    assert answers == [[], ["1"]]


def test_where_queries_are_refused_the_index_is_searched(desk: Desk, connection: CrmConnection) -> None:
    desk.on("POST /coql", refusal("FEATURE_NOT_SUPPORTED", "not in this edition"))
    desk.on("GET /Accounts/search", listed(account("1", Account_Name="Moe (Oslo), AS"), account("2")))
    assert found(connection, ObjectType.CUSTOMER, FindKey("k", name="Moe (Oslo), AS")) == [["1"]]
    asked = desk.asked("GET /Accounts/search")[0].url.params["criteria"]
    assert asked == "((Account_Name:equals:Moe \\(Oslo\\)\\, AS))"


def test_a_note_is_looked_for_among_those_of_its_account(desk: Desk, connect: Any) -> None:
    notes = [{"id": "1", "Note_Title": "Invoice INV-1"}, {"id": "2", "Note_Title": "Invoice INV-10"}]
    desk.on("GET /Accounts/5001/Notes", listed(*notes))
    connection = connect(invoice_module="Notes")
    key = FindKey("k", number="INV-1", party_id="5001", use_unique_field=False)
    assert found(connection, ObjectType.INVOICE, key) == [["1"]]


def test_what_nobody_asked_for_is_not_looked_for(desk: Desk, connection: CrmConnection) -> None:
    assert found(connection, ObjectType.CUSTOMER, FindKey("k")) == [[]]
    assert found(connection, ObjectType.BILL, FindKey("k", name="x")) == [[]]
    assert find(connection, PEOPLE, []) == []
    assert not desk.requests
