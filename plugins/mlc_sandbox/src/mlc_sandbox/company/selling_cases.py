"""What is special about a company's customers, people and invoices, and what a correct connector makes of it."""

from __future__ import annotations

from typing import Final

from mlc_sandbox.company.model import Case, Stage
from mlc_sandbox.company.relations import Known, Relations

PROSPECTS: Final = 200
#: Persons beside the billing person, of a customer whose two records match.
OTHERS_EACH: Final = 5
SUPPLIER_TOO: Final = "Harbor Mutual"
#: name, where it is known, what joins its two records
NAMES: Final = (
    ("Northgate Hospital Trust", Known.BOTH, "external"),
    ("Universität Tübingen", Known.BOTH, "external"),
    ("Pacific Research Group", Known.BOTH, "external"),
    ("Ó Súilleabháin Clinics", Known.BOTH, "external"),
    ("Meridian Biotech plc", Known.BOTH, "external"),
    ("Ashdown University", Known.BOTH, "external"),
    ("Kestrel Diagnostics Ltd", Known.BOTH, "external"),
    ("Castle Hill Hospital", Known.BOTH, "external"),
    ("Castle Hill Infirmary Trust", Known.BOTH, "tax"),
    ("Fenwick Pharma Ltd", Known.BOTH, "tax"),
    ("Fenwick Pharma Holdings Ltd", Known.BOTH, "tax"),
    ("Brontë Institute Leeds", Known.BOTH, "email"),
    ("Calder Water Board", Known.BOTH, "email"),
    ("Delta Labs Europe", Known.BOTH, "email"),
    ("Summit Observatory", Known.BOTH, "name"),
    ("Evergreen Forestry", Known.BOTH, "name"),
    ("Quayside Analytics", Known.BOOKS, ""),
    ("Rivermead Hospital", Known.BOOKS, ""),
    ("Silverdale Clinic", Known.DESK, ""),
    ("Thornbury Optics", Known.DESK, ""),
    (SUPPLIER_TOO, Known.DESK, ""),
)


def make_cases(relations: Relations) -> tuple[Case, ...]:
    """Every case, with the stage from which on it can be judged."""

    def of(matched_by: str, known: Known = Known.BOTH) -> tuple[str, ...]:
        return tuple(one.key for one in relations.customers if one.matched_by == matched_by and one.known is known)

    only_there = tuple(key for key in of("", Known.DESK) if relations.customer(key).name != SUPPLIER_TOO)
    supplier = tuple(one.key for one in relations.customers if one.name == SUPPLIER_TOO)
    cases = [
        Case("matched_by_external_id", of("external"), "bound", 18),
        Case("matched_by_tax_number", of("tax"), "bound", 18),
        Case("matched_by_billing_email", of("email"), "bound", 18),
        Case("same_name_only", of("name"), "not_bound", 4, why="a name only proposes"),
        Case("customers_of_the_books", of("", Known.BOOKS), "created_there", 18),
        Case("customers_of_the_desk", only_there, "created_in_books", 18),
        Case("supplier_too", supplier, "not_in_books", 4, why="the books know the name as a vendor's"),
        Case("prospects_stay_out", tuple(one.key for one in relations.prospects[1:]), "not_in_books", 18),
        Case("person_of_the_books", ("person:books-only",), "on_both_sides", 18),
        Case("person_of_the_desk", ("person:desk-only",), "on_both_sides", 18),
        Case("person_without_email", ("person:no-email",), "not_in_books", 17),
        Case("shared_box", ("person:info-3", "person:info-4"), "as_it_was", 17),
        Case("opted_out", ("person:opt-out",), "opted_out", 17),
        Case("deal_by_custom_field", ("invoice:deal_by_custom_field",), "with_deal", 18),
        Case("deal_by_external_id", ("invoice:deal_by_external",), "with_deal", 18),
        Case("deal_by_reference", ("invoice:deal_by_reference",), "with_deal", 18),
        Case("deal_by_none", ("invoice:no_deal",), "without_deal", 18),
        Case("draft_invoice", ("invoice:draft",), "not_there", 18),
        Case("invoice_of_an_unbound_customer", ("invoice:unbound_customer",), "not_there", 18),
        Case("old_invoices", tuple(one.key for one in relations.invoices if ":old_" in one.key), "not_there", 1),
        Case("overdue_invoice", ("invoice:overdue",), "Overdue", 18),
        Case("paid_before_first_sight", ("invoice:paid_before",), "Paid", 18),
        Case("part_paid_before_first_sight", ("invoice:part_paid_before",), "Part paid", 18),
        Case("invoice_void", ("invoice:to_void",), "Void", 18, stage=Stage.CHANGES),
        Case("invoice_written_off", ("invoice:to_write_off",), "Written off", 18, stage=Stage.CHANGES),
        Case("invoice_settled_by_credit", ("invoice:to_credit",), "Paid", 18, stage=Stage.CHANGES),
        Case("invoice_part_paid", ("invoice:to_part_pay",), "Part paid", 18, stage=Stage.CHANGES),
        Case("invoice_paid", ("invoice:to_pay",), "Paid", 18, stage=Stage.CHANGES),
        Case("invoice_sent_later", ("invoice:to_send",), "Sent", 18, stage=Stage.CHANGES, also=("Overdue",)),
        Case("invoice_edited_there", ("invoice:to_edit_there",), "written_back", 18, stage=Stage.CHANGES),
        Case("invoice_deleted_there", ("invoice:to_delete_there",), "held:gone_in_target", 18, stage=Stage.CHANGES),
        Case("billing_email_typo", ("person:07-0",), "held:remit_change", 17, stage=Stage.CHANGES),
        Case("person_moved", ("person:06-2",), "kept_and_held", 17, stage=Stage.CHANGES),
        Case("person_deleted_in_books", ("person:05-5",), "only_at_desk", 17, stage=Stage.CHANGES),
        Case("person_erased", ("person:06-1",), "only_in_books", 17, stage=Stage.CHANGES),
        Case("merged_at_the_desk", ("customer:09",), "held:merged_elsewhere", 18, stage=Stage.EVENTS),
        Case("merged_in_the_books", ("customer:11",), "held:merged_elsewhere", 18, stage=Stage.EVENTS),
        Case("prospect_wins", (relations.prospects[0].key,), "created_in_books", 18, stage=Stage.EVENTS),
    ]
    return tuple(cases)
