"""airbyte-cdk, the writing half: one request per record.

python airbyte_destination.py write --config CONFIG --catalog CATALOG
"""

import sys
from collections.abc import Iterable
from typing import Any

import requests
from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import AirbyteConnectionStatus, ConnectorSpecification, Status, Type
from mapping import Sent, map_bill, send, signed


class Bills(Destination):
    def spec(self, *_given: Any, **_named: Any) -> ConnectorSpecification:
        return ConnectorSpecification(
            connectionSpecification={"type": "object", "additionalProperties": True, "properties": {}}
        )

    def check(self, logger: Any, config: Any) -> AirbyteConnectionStatus:
        del logger, config
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(self, config: Any, configured_catalog: Any, input_messages: Iterable[Any]) -> Iterable[Any]:
        del configured_catalog
        session, sent = signed(requests.Session(), config["url"]), Sent(config["sent"])
        for message in input_messages:
            if message.type == Type.STATE:
                yield message
            elif message.type == Type.RECORD:
                send(session, config["url"], sent, map_bill(message.record.data))


if __name__ == "__main__":
    Bills().run(sys.argv[1:])
