"""Every fact that Procurify's documents leave open, as a switch with the value taken until told otherwise."""

from __future__ import annotations

from typing import Any

SWITCHES: dict[str, Any] = {
    # access
    "missing_client_header": 403,  # status without X-Procurify-Client: 401 or 403; 200 lets it pass
    "suspended": False,  # False, 403 (everything, users/me too) or 401 (even with a fresh token)
    "forbidden": [],  # regular expressions on "METHOD /path" that the owner's role may not use (403)
    "no_slash_write": 404,  # a write without the slash at the end: 404, or 301 as for reads
    # paging and filters
    "default_page_size": 10,
    "max_page_size": 200,
    "page_size_too_large": "capped",  # or "error" (400)
    "filters_inclusive": True,  # both ends of _0/_1 ranges
    "invalid_filter": "error",  # a value that cannot be read: "error" (400) or "ignored"
    "order_by_honoured": True,  # outside public payments, where it is documented
    "bill_status_filter": False,  # whether ?status= filters bills
    "bill_order": "-id",  # without order_by: -id, id, -last_modified_datetime, last_modified_datetime
    "payment_methods_pagination": "top",  # or "metadata", as its examples show
    # bills
    "bill_patch": True,  # the undocumented PATCH; False answers 405
    "bill_date_time": "midnight_utc",  # or "location_midnight": midnight of the location, told in UTC
    "bill_list_dates": "datetime",  # or "date"
    "bill_list_float32": False,  # the list's total goes through a 32-bit float
    "approval_touches": True,  # whether an approval moves last_modified_datetime
    "payment_touches": True,
    "attachment_touches": True,
    "mark_paid_again": "error",  # a bill that is paid already: "error" (400) or "ignored"
    "mark_as_paid_atomic": True,  # one bad bill refuses all; False marks the good ones
    "attachment_auth": "none",  # "none", "bearer" (needs the token), "refused" (400 when a token is sent)
    "attachment_url_life_s": 0,  # file links expire after this many seconds; 0 never
    # orders
    "stale_version_status": 400,  # or 409
    "po_number_shows": "internal",  # or "external" where there is one
    "rate_direction": "units_per_base",  # or "base_per_unit"
    "revise_endpoint": 404,  # the deprecated PUT: 404, 410 or "live"
    "old_payments": 404,  # the deprecated payment list: 404, 410 or "live"
    # vendors
    "vendors_all_includes_inactive": True,
    "vendor_name_filter": "exact",  # or "contains"
    "vendor_names_unique": False,
    "vendor_external_id_unique": False,
    "vendor_overall_score_required": False,
    "merge_touches_documents": False,
    # payments
    "voided_payment": "failed",  # how a void shows in the public list: a status, or "gone"
    # limits
    "retry_after_header": True,
}
