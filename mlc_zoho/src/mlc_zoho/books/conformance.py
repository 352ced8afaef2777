"""What ``mlc plugin certify zoho-books`` and the tests hold this connector to."""

import hashlib
import hmac
import json
from datetime import datetime

from mlc import WebhookRequest
from mlc.records import ObjectType
from mlc.testing import SystemConformance, Vendor

from mlc_zoho.books.description import NAME
from mlc_zoho.books.webhooks import HEADER

WEBHOOK_SECRET = "abc123def456"  # noqa: S105 - invented
ORGANISATION = "700001234"


class BooksConformance(SystemConformance):
    """Against the stand-in, with enough bills for several pages of 200."""

    system = NAME
    settings = {"organization_id": ORGANISATION}
    secrets = {
        "client_id": "1000.DEMO",
        "client_secret": "demo-secret",
        "refresh_token": "1000.demo.refresh",
        "webhook_secret": WEBHOOK_SECRET,
    }
    standin = "zoho-books"
    standin_records = 450
    webhook_has_time = False

    def webhook(self, at: datetime) -> WebhookRequest | None:
        changed = at.replace(microsecond=0).isoformat()
        body = json.dumps({"organization_id": ORGANISATION, "bill": {"bill_id": "31", "last_modified_time": changed}})
        signature = hmac.new(WEBHOOK_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
        return WebhookRequest("POST", (), {"content-type": "application/json", HEADER: signature}, body.encode(), at)
