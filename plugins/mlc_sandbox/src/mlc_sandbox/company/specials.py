"""Which special cases a company holds, in order of importance, with the number of bills each needs."""

from collections.abc import Callable

from mlc_sandbox.company import special_amounts as amounts
from mlc_sandbox.company import special_changes as changes
from mlc_sandbox.company import special_documents as documents
from mlc_sandbox.company import special_events as events
from mlc_sandbox.company import special_parties as parties
from mlc_sandbox.company import special_payments as payments
from mlc_sandbox.company.composer import Composer

SPECIALS: tuple[tuple[Callable[[Composer], None], int], ...] = (
    (changes.memo_changes, 1),
    (changes.due_date_changes, 1),
    (changes.amount_changes, 1),
    (changes.approval_comes, 1),
    (changes.total_is_wrong, 1),
    (changes.denial_comes, 1),
    (changes.payment_is_made, 1),
    (changes.batch_is_paid, 2),
    (changes.orders_change, 0),
    (changes.new_documents, 0),
    (documents.same_number_two_vendors, 2),
    (documents.entered_twice, 2),
    (parties.vendor_unknown, 1),
    (documents.account_unmapped, 1),
    (amounts.credit_note, 1),
    (documents.split_with_order, 1),
    (documents.unapproved, 2),
    (documents.typed_twins, 3),
    (documents.typed_otherwise, 3),
    (documents.closed_period, 1),
    (parties.vendor_appears, 1),
    (documents.posting_dates, 2),
    (amounts.kinds_of_tax, 6),
    (amounts.unusual_currencies, 2),
    (amounts.charges, 2),
    (payments.paid_before_first_sight, 1),
    (documents.rent, 6),
    (documents.three_spellings, 3),
    (amounts.thirds, 1),
    (amounts.prices_of_eight_decimals, 1),
    (amounts.hundred_lines, 1),
    (amounts.negative_and_zero, 2),
    (amounts.partial_credit, 1),
    (documents.over_billed, 1),
    (documents.order_states, 0),
    (documents.odd_numbers, 2),
    (documents.numbers_used_before, 2),
    (documents.account_not_postable, 2),
    (documents.refused, 2),
    (payments.batch_of_five, 5),
    (payments.part_payments, 1),
    (payments.money_account_unmapped, 1),
    (payments.payment_that_failed, 1),
    (payments.paid_by_hand_in_ledger, 1),
    (payments.paid_without_payment, 1),
    (payments.payment_in_limbo, 1),
    (parties.vendor_is_customer, 1),
    (parties.vendor_inactive, 1),
    (parties.two_of_one_name, 4),
    (parties.two_currencies, 2),
    (parties.name_spelled_apart, 1),
    (parties.other_bill_types, 2),
    (parties.payee_address_changes, 1),
    (events.disturbed_bills, 8),
    (events.disturbed_payments, 2),
    (events.disturbed_orders, 2),
    (events.ledger_closes, 2),
)
