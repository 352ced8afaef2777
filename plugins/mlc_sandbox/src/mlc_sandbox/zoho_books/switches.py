"""Every fact the vendor does not settle, as a switch with the default a careful client should survive."""

from __future__ import annotations

from typing import Any

from mlc_sandbox.zoho.accounts import SWITCHES as ACCOUNTS

SWITCHES: dict[str, Any] = {
    **ACCOUNTS,
    # tokens
    "expired_token_code": 14,  # or 57
    "expired_token_status": 401,  # 200 was seen
    # conventions
    "not_found_status": 404,
    "wrong_method_code": 37,
    "plus_as_space": "reject",  # or "ignore": the filter falls away and the full list comes back
    "contains_any_case": True,
    "search_criteria": False,
    "modified_filter_inclusive": True,
    "undocumented_modified_filter": True,  # contacts, expenses, items, customer payments
    "credit_vendor_filter": False,  # vendor credits document customer_id, not vendor_id
    "live_contact_rows": True,
    "currencies_paged": False,
    "customerpayments_key": "customerpayments",  # or "customer_payments"
    "vendorpayment_create_wrapped": False,
    "minute_block_s": 0,  # how long code 44 lasts beyond the sliding minute
    "day_starts_at_hour": 0,
    "in_process_s": 0,  # above 0: calls count as in process that long, so that code 1070 can happen
    # custom fields
    "unique_field": True,
    "unknown_custom_field": "ignore",  # or "refuse"
    "upsert_miss_code": 1002,
    "upsert_sets_field": False,  # the header only looks up; the body has to carry the value
    "duplicate_field_code": 120301,
    # bills and orders
    "bill_number_unique": "vendor",  # or "organization", as the documentation has it; or "no"
    "bill_number_any_case": True,
    "void_keeps_number": True,
    "duplicate_bill_code": 13011,
    "duplicate_order_code": 36042,
    "tax_rounding": "line",  # or "document"
    "rate_decimals": 8,
    "negative_totals": False,
    "inactive_vendor_refused": True,
    "partial_overdue": True,
    "approvals": False,
    "approval_status": "pending_approval",  # or "draft"
    "draft_order_billable": False,
    "order_created_status": "draft",  # or "open"
    "order_partial_status": "partially_billed",  # or "open"
    "overbilling": True,
    "credit_created_status": "open",  # or "draft"
    "credit_number_free": True,  # False: a number of one's own needs ignore_auto_number_generation
    "put_needs_required": True,  # PUT wants what POST wants, as the specification marks it
    "payment_bumps_bill": True,
    "attachment_bumps_bill": False,
    "mandatory_tag": False,
    # transaction locking
    "lock_exempt": False,
    "lock_covers_orders": False,
    "lock_code": 3030,
    # webhooks
    "webhook_needs_rule": True,  # False: one that is registered fires by itself
    "webhook_form": False,  # True: the default body comes as the form field JSONString
    "webhook_retries_s": [],  # an administrator's retry policy, in real seconds; none by default
}
