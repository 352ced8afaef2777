"""Every fact that the documents of BILL leave open, with the value taken until a test or a person says otherwise."""

from __future__ import annotations

from typing import Any, Final

SWITCHES: Final[dict[str, Any]] = {
    # environment: sandbox asks for no trusted session and fires no Spend & Expense events
    "environment": "production",
    # sessions
    "user_idle_s": 2100,
    "token_idle_s": 172800,
    "session_life_s": None,  # an absolute maximum is documented nowhere
    "expired_session": [401, "BDC_1109"],  # or [403, "BDC_1361"]
    "missing_headers": [401, "BDC_1109"],
    "foreign_devkey": [401, "BDC_1109"],  # or BDC_1102
    "bad_login_status": 401,
    "lock_after": 5,  # wrong passwords in a row until BDC_1110; 0: never
    "rotation_ends_sessions": True,
    "mfa_for": "payments",  # or "everything", as for a user whose organisation asks for it
    "remember_me_s": 2592000,
    "token_may_record_payment": True,
    "token_refused": [403, "BDC_1145"],
    "logins_per_minute": 0,  # 5 where login counts among the endpoints that text a user
    # throttling
    "throttle_status": 422,  # or 429
    "spend_throttle_status": 429,
    "spend_throttle_code": "BDC_1144",
    # errors
    "missing_record_status": 404,  # or 400, 422
    "missing_record_code": "BDC_1120",
    "bad_reference": [400, "BDC_1143"],
    "unknown_fields": "ignore",  # or "refuse"
    # lists
    "default_max": 20,  # a concepts page says 100
    "default_sort": "createdTime:asc",
    "lists_show_archived": True,
    "unquoted_times": True,
    "spend_quoted_times": False,
    "invoice_number_filter": False,
    "cursor_follows_rows": True,  # False: a cursor is a position, and rows shift under it
    # bills
    "allow_duplicate_field": True,
    "allow_duplicate_default": False,
    "duplicate_scope": "vendor",  # or "organization"
    "duplicate_any_case": True,
    "archived_keeps_number": False,
    "duplicate_status": 422,
    "duplicate_message": "Invoice number already exists.",
    "negative_lines": False,
    "archived_vendor_takes_bills": False,
    "patch_adds_lines": False,
    "edit_paid": False,
    "edit_refused": [422, "BDC_1143"],
    "edit_resets_approval": False,
    "archive_paid": False,
    "partial_word": "PARTIALLY_PAID",  # or PARTIAL
    "refusal_payment": [422, "BDC_1151"],
    "funded_counts_as_paid": False,
    # vendors
    "vendor_currency_patch": False,  # True: billCurrency can be changed later
    "vendor_names_unique": False,
    # bulk of vendor credits and classifications
    "bulk_all_or_nothing": True,
    # documents
    "document_minutes": 0.0,  # until 0du becomes 00h
    "upload_mb": 6,
    # webhooks
    "payload_as_string": False,
    "vendor_updated_partial": False,
    "vendor_updated_fields": ["name", "address.country", "networkStatus", "archived"],
    "subscription_cap_code": "BDC_1143",
    "disable_after": 3,  # deliveries given up in a row
    "history_while_disabled": True,
    "webhook_retries_s": [0.05, 0.1, 0.2, 0.4, 0.8],
    # Spend & Expense
    "budgets_listed": "all",  # or "some": the list was seen to omit budgets that can be read
    "receipts_checked": True,
    # the account's own accounting sync
    "native_sync": "",  # "quickbooks", "netsuite": the organisation's lists belong to it
}
