"""Every fact the vendor does not settle, as a switch with the default a careful client should survive."""

from __future__ import annotations

from typing import Any

from mlc_sandbox.zoho.accounts import SWITCHES as ACCOUNTS

SWITCHES: dict[str, Any] = {
    **ACCOUNTS,
    # the organisation
    "edition": "enterprise",  # free, standard, professional, enterprise, ultimate
    "users": 10,  # licences, which the credits follow
    "multi_currency": True,
    "time_zone": "Europe/Amsterdam",
    "inventory_from": "professional",  # the first edition with Invoices; the edition table was not found
    "missing_module": "INVALID_MODULE",  # or FEATURE_NOT_SUPPORTED
    "missing_module_listed": False,  # True: listed in the metadata with api_supported false
    # limits
    "newer_maxima": False,  # 3 and 5 million credits, as newer notes say
    "credits_refusal": "TOO_MANY_REQUESTS",  # or LIMIT_EXCEEDED; nobody tells the body once credits are used up
    "credits_status": 429,
    "insert_rows_per_credit": 10,  # 0: an insert costs one credit however many rows it has
    "heavy_write_bytes": 20_000,  # from which size a write counts as a heavy one
    # records
    "missing_record": "no_content",  # or "invalid_data" (400), "not_found" (404)
    "modified_since_inclusive": True,
    "unknown_field": "ignore",  # or "refuse"
    "unknown_picklist_value": "refuse",  # or "accept"
    "text_too_long": "refuse",  # or "cut"
    "mixed_status": 207,  # 202 in older documents
    "unchanged_update_bumps": True,  # an update that changes nothing still moves Modified_Time
    "subform_update": "merge",  # rows without an id are added, others stay; or "replace"
    "omitted_trigger_runs": True,  # workflows run unless the write says trigger: []
    "search_lag_s": 5.0,
    "coql_lookup_name": False,  # a lookup that was selected comes with its id alone
    "coql_any_case": True,
    "merge_loser_listed": "permanent",  # among the deleted; or "recycle", "no"
    "locks": True,  # record locking is there
    # channels
    "channel_default_s": 3600,
    "channel_most_s": 604_800,  # a day in v2 and v3; a value beyond it counts as the default
    "token_longest": 50,  # 256 in the OpenAPI file
    "channel_id_digits": True,  # the OpenAPI file takes any text of 64
    "watch_failed_status": 202,  # of a request none of whose channels were taken; or 400
    "notify_api_writes": True,  # what the API wrote is told as well
    "notify_together": True,  # the rows of one request in one message; False: a message for each
    "operation_words": "insert",  # insert, update, delete; "event": create, edit, delete
}
