"""singer-sdk, the writing half: one request per record.

python singer_target.py --config CONFIG
"""

from __future__ import annotations

from typing import Any

import requests
from mapping import Sent, map_bill, send, signed
from singer_sdk import RecordSink, Target
from singer_sdk import typing as th


class BillSink(RecordSink):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._url = str(self.config["url"])
        self._session = signed(requests.Session(), self._url)
        self._sent = Sent(str(self.config["sent"]))

    def process_record(self, record: dict[str, Any], context: Any) -> None:
        del context
        if not isinstance(record["updated_at"], str):
            record["updated_at"] = record["updated_at"].isoformat()
        send(self._session, self._url, self._sent, map_bill(record))


class TargetBills(Target):
    name = "target-bills"
    default_sink_class = BillSink
    config_jsonschema = th.PropertiesList(
        th.Property("url", th.StringType, required=True), th.Property("sent", th.StringType, required=True)
    ).to_dict()


if __name__ == "__main__":
    TargetBills.cli()
