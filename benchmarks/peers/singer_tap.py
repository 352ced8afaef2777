"""singer-sdk, the reading half: a REST stream with a replication key.

python singer_tap.py --config CONFIG [--state STATE]
"""

from __future__ import annotations

from typing import Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import OAuthAuthenticator
from singer_sdk.pagination import BasePageNumberPaginator

TEXTS = ("id", "object", "number", "status", "currency", "issue_date", "due_date", "created_at", "subtotal",
         "tax_total", "total", "memo", "payment_terms")  # fmt: skip
LINE = ("id", "description", "quantity", "unit_price", "amount", "account_code", "tax_code")


def texts(names: tuple[str, ...]) -> list[Any]:
    return [th.Property(name, th.StringType) for name in names]


class Token(OAuthAuthenticator):
    @property
    def oauth_request_body(self) -> dict[str, str]:
        return {"grant_type": "client_credentials", "client_id": "bench", "client_secret": "bench"}


class Pages(BasePageNumberPaginator):
    def has_more(self, response: Any) -> bool:
        return bool(response.json().get("has_more"))


class Bills(RESTStream):
    name = "bills"
    path = "/source/bills"
    primary_keys = ("id",)
    replication_key = "updated_at"
    is_sorted = True
    records_jsonpath = "$.data[*]"
    schema = th.PropertiesList(
        *texts(TEXTS),
        th.Property("updated_at", th.DateTimeType),
        th.Property("vendor", th.ObjectType(*texts(("id", "name", "tax_id", "email")))),
        th.Property("lines", th.ArrayType(th.ObjectType(*texts(LINE)))),
        th.Property("attachments", th.ArrayType(th.StringType)),
        th.Property("archived", th.BooleanType),
    ).to_dict()

    @property
    def url_base(self) -> str:
        return str(self.config["url"])

    @property
    def authenticator(self) -> Token:
        if not hasattr(self, "_token"):
            self._token = Token(client_id="bench", client_secret="bench",
                                auth_endpoint=f"{self.url_base}/oauth/token", oauth_scopes="")  # fmt: skip
        return self._token

    def get_new_paginator(self) -> Pages:
        return Pages(1)

    def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:
        query = {"page": next_page_token or 1, "per_page": 200}
        since = self.get_starting_timestamp(context)
        return query | ({"updated_since": since.strftime("%Y-%m-%dT%H:%M:%S.%fZ")} if since else {})


class TapBills(Tap):
    name = "tap-bills"
    config_jsonschema = th.PropertiesList(th.Property("url", th.StringType, required=True)).to_dict()

    def discover_streams(self) -> list[Bills]:
        return [Bills(tap=self)]


if __name__ == "__main__":
    TapBills.cli()
