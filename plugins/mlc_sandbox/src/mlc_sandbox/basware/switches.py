"""Every fact that the documents of Basware leave open, with the value taken until a test or a person says otherwise."""

from __future__ import annotations

from typing import Any, Final

SWITCHES: Final[dict[str, Any]] = {
    # tokens
    "token_life_s": 3600,  # 300 to 86400, set for each client
    "foreign_scope": "narrow",  # or "refuse": a scope that the client lacks
    "missing_scope_status": 403,  # or 401
    "basic_accepted": True,
    # the second phase: from the API layer into P2P
    "settle_s": 2.0,  # documented: under five minutes; here on the stand-in's clock
    "expire_window_s": 1.0,  # two versions of one record within it: the earlier one expires
    "unchanged_is_stamped": False,  # an identical record posted again gets a new lastUpdated
    "expired_counts_as": "Success",  # requestStatus of a request with a RecordExpired item; or "Error"
    "typed_code": "adopt",  # a posted record whose code stands in P2P already, typed by hand: or "refuse"
    # bodies
    "one_bad_record": "whole",  # refuses the whole call; or "rest": the others are taken
    "too_large_status": 413,
    "doubled_in_batch_status": 409,
    "patch_needs_required": True,
    "concurrent_edit_s": 1.0,  # a second PATCH of one order line within it: 503; 0 never
    # lists
    "redirects": True,  # False: the tenant's switch is off and the first answer is the last
    "redirected_orders": True,  # exportedPurchaseOrders and -Requisitions redirect, too
    "paging_header_on": "final",  # or "redirect", "both"
    "presigned_life_s": 900,
    "presigned_lapsed_status": 403,
    "oversize_page": "refuse",  # or "clamp"
    "coding_rows_per_page": 1000,  # more of them make a page of invoices shorter
    # invoices
    "duplicate_response": 409,  # or 200: taken, and nothing done
    "response_after_failed": False,  # a transferResponse for an invoice that a P2P user has not sent again
    "payment_before_transfer": False,
    "refused_response": "stays",  # refused in the second phase, the API layer shows it all the same; or "reopens"
    "paid_when": "full",  # success with a paidTotal that covers grossSum; or "success"
    "removal_takes": "acknowledge",  # WaitingToBeRemoved and -Returned end with it; or "nothing": they stay
    "status_endpoint": False,  # off until Basware switches it on: it finds nothing
    "attachments": True,
    "invoice_lines": False,  # the supplier's own lines are off by default
    # orders
    "best_fit": False,  # then isDeleted must not be null
    # push notifications
    "signature": "hex",  # or "prefixed" (sha256=...), "base64"
    "misspelt_task_type": False,  # AccoutingDocuments, as in the published sample
    "webhook_retries_s": [0.05, 0.2],
    "task_life_s": 604800,
    # data extracts
    "downloads": 5,
    "extract_format": "json",  # or "csv"
    # Network
    "network_needs_request_id": False,
    # 429 without Retry-After: False
    "retry_after": True,
}
