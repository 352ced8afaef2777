"""dlt: its REST source with an incremental cursor, and a custom destination that posts.

    python dlt_bills.py WORK URL

Run again, dlt first loads what an earlier run has extracted and not loaded; then it reads on from its cursor.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any

WORK, URL = Path(sys.argv[1]), sys.argv[2]
os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "DLT_DATA_DIR": str(WORK)}

import dlt  # noqa: E402
import requests  # noqa: E402
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials  # noqa: E402
from dlt.sources.rest_api import rest_api_source  # noqa: E402
from mapping import Sent, map_bill, send, signed  # noqa: E402

own = threading.local()


def text(value: Any) -> Any:
    """dlt makes dates and moments of ISO text; the destination wants the text."""
    return value if isinstance(value, str) else value.isoformat()


@dlt.destination(batch_size=10, name="books", naming_convention="direct", skip_dlt_columns_and_tables=True,
                 max_table_nesting=0)  # fmt: skip
def books(items: Any, table: Any) -> None:
    del table
    if not hasattr(own, "session"):
        own.session, own.sent = signed(requests.Session(), URL), Sent(str(WORK / "sent.db"))
    for bill in items:
        for name in ("txn_date", "due_date", "source_updated_at"):
            bill[name] = text(bill[name])
        send(own.session, URL, own.sent, bill)


def main() -> None:
    token = OAuth2ClientCredentials(
        access_token_url=f"{URL}/oauth/token", client_id="bench", client_secret="bench",
        access_token_request_data={"grant_type": "client_credentials"},
    )  # fmt: skip
    endpoint = {
        "path": "source/bills", "params": {"per_page": 200}, "data_selector": "data",
        "paginator": {"type": "page_number", "base_page": 1, "total_path": "pages"},
        "incremental": {"start_param": "updated_since", "cursor_path": "source_updated_at",
                        "initial_value": "2000-01-01T00:00:00.000000Z", "range_start": "open"},
    }  # fmt: skip
    bills = {"name": "bills", "write_disposition": "append", "endpoint": endpoint,
             "processing_steps": [{"map": map_bill}]}  # fmt: skip
    config: Any = {"client": {"base_url": f"{URL}/", "auth": token}, "resources": [bills]}
    source = rest_api_source(config, name="ledger", max_table_nesting=0)
    pipeline = dlt.pipeline("bills", destination=books, pipelines_dir=str(WORK / "pipelines"))
    if pipeline.has_pending_data:
        pipeline.run()
    pipeline.run(source)


main()
