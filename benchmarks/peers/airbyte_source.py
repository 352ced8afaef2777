"""airbyte-cdk, the reading half: a declarative source with a datetime cursor.

python airbyte_source.py read --config CONFIG --catalog CATALOG [--state STATE]
"""

import json
import sys
from typing import Any

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import AirbyteStateMessageSerializer, ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


def manifest(url: str) -> dict[str, Any]:
    token = {
        "type": "OAuthAuthenticator", "token_refresh_endpoint": f"{url}/oauth/token", "client_id": "bench",
        "client_secret": "bench", "grant_type": "client_credentials",
    }  # fmt: skip
    pages = {
        "type": "DefaultPaginator",
        "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"},
        "page_size_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "per_page"},
        "pagination_strategy": {"type": "PageIncrement", "page_size": 200, "start_from_page": 1,
                                "inject_on_first_request": True},
    }  # fmt: skip
    cursor = {
        "type": "DatetimeBasedCursor", "cursor_field": "updated_at", "datetime_format": MOMENT,
        "cursor_datetime_formats": [MOMENT],
        "start_datetime": {"type": "MinMaxDatetime", "datetime": "2000-01-01T00:00:00.000000Z",
                           "datetime_format": MOMENT},
        "start_time_option": {"type": "RequestOption", "inject_into": "request_parameter",
                              "field_name": "updated_since"},
    }  # fmt: skip
    bills = {
        "type": "DeclarativeStream", "name": "bills", "primary_key": ["id"],
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {"type": "HttpRequester", "url_base": url, "path": "/source/bills", "http_method": "GET",
                          "authenticator": token},
            "record_selector": {"type": "RecordSelector",
                                "extractor": {"type": "DpathExtractor", "field_path": ["data"]}},
            "paginator": pages,
        },
        "schema_loader": {
            "type": "InlineSchemaLoader",
            "schema": {"type": "object", "additionalProperties": True,
                       "properties": {"id": {"type": "string"}, "updated_at": {"type": "string"}}},
        },
        "incremental_sync": cursor,
    }  # fmt: skip
    return {
        "version": "6.0.0", "type": "DeclarativeSource", "check": {"type": "CheckStream", "stream_names": ["bills"]},
        "streams": [bills],
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "additionalProperties": True,
                                                              "properties": {}}},
    }  # fmt: skip


def given(option: str) -> Any:
    if option not in sys.argv:
        return None
    with open(sys.argv[sys.argv.index(option) + 1]) as file:
        return json.load(file)


if __name__ == "__main__":
    config, catalog = given("--config") or {}, given("--catalog")
    source = ConcurrentDeclarativeSource(
        catalog=ConfiguredAirbyteCatalogSerializer.load(catalog) if catalog else None,
        config=config,
        state=[AirbyteStateMessageSerializer.load(state) for state in given("--state") or []],
        source_config=manifest(config.get("url", "http://127.0.0.1")),
    )
    launch(source, sys.argv[1:])
