"""Every fact that the documents of QuickBooks leave open, with the value taken until told otherwise."""

from __future__ import annotations

from typing import Any, Final

SWITCHES: Final[dict[str, Any]] = {
    "environment": "production",  # or "sandbox": nothing is metered, production's tokens are refused with 3100
    # tokens
    "consent": "granted",  # "denied", or "ask": a person answers on the screen `consents`
    "consent_realm": "",  # the company that a person picks; empty: the first
    "redirect_uris": [],  # those registered, to the letter; empty: any
    "redirect_https": False,  # production asks for https and takes no IP address
    "code_life_s": 600,
    "idle_days": 100,
    "hard_cap_days": 1825,
    "rotate_after_s": 86400,
    "every_refresh_rotates": False,  # "no grace": each refresh brings a new value and the old one is dead
    "reuse_kills_chain": True,
    # admission
    "throttle_code": "003001",  # or "3001"
    "throttle_casing": "Fault",  # or "fault"
    "monthly_cap_status": 429,
    # requests
    "requestid_s": 86400,  # how long an id is kept is not stated
    "requestid_other_body": "refuse",  # 600; "replay": the first answer all the same
    "xml_without_accept": True,
    "unknown_properties": "refuse",  # 2010; or "ignore"
    # updates
    "sparse_kinds": "all",  # or "documented": elsewhere `sparse` is not heeded and the update is a full one
    "deactivated_suffix": " (deleted)",
    "inactive_reference": "610",  # or "2500"
    # queries and change data capture
    "more_filters": {},  # {"Bill": ["Balance"]}: further properties that can be queried
    "too_many_rows": "refuse",  # 4001; or "cap"
    "text_any_case": True,
    "list_total": False,  # totalCount is sometimes present on lists
    "cdc_inclusive": True,
    "cdc_wrongly_deleted": [],  # ["Vendor:56"]: told as deleted though it stands, as was reported
    "cdc_too_old": ["500", "SystemFault"],
    # documents
    "duplicate_refused": True,  # "Warn if duplicate bill number is used": 6140
    "duplicate_scope": "vendor",  # or "company"
    "order_department": False,  # DepartmentRef on purchase orders stands in the schema alone
    "untracked_dimension": "refuse",  # 5030; or "drop": departments and classes that are switched off
    "amount_mismatch": "refuse",  # 6070; or "recompute": Amount becomes Qty x UnitPrice
    "negative_lines": True,
    "us_global_tax": "refuse",  # 2010; or "ignore"
    "tax_rounding": "line",  # or "document"
    "payment_touches_bill": True,  # SyncToken and LastUpdatedTime of a bill rise when it is paid
    "delete_paid_bill": "unlink",  # or "refuse": 6480
    # webhooks
    "webhook_hold": False,  # True: events wait for `deliveries`, and leave together
    "webhook_retries_s": [0.05, 0.1, 0.2, 0.4],  # the vendor's 10 s, 20 s, 30 s, 5 min ... in a hurry
    "webhook_offset_form": False,  # True: lastUpdated as 2015-10-05T14:42:19-0700
    "deactivation_event": "Update",  # or "Delete"
}
