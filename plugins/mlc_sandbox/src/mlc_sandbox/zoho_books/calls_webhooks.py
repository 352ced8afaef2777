"""Calls under ``/settings/webhooks``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho_books.calls import body_of, call, told
from mlc_sandbox.zoho_books.collections import Record
from mlc_sandbox.zoho_books.refusals import bad_value
from mlc_sandbox.zoho_books.values import text

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn as Z


@call("GET", "/settings/webhooks", "settings")
def list_webhooks(standin: Z, request: Request) -> Response:
    found = [_shown(hook) for hook in standin.books["webhooks"].all()]
    return json_response(200, {"code": 0, "message": "success", "webhooks": found})


@call("POST", "/settings/webhooks", "settings")
def create_webhook(standin: Z, request: Request) -> Response:
    record = _built(body_of(standin, request), standin.books.next_id())
    standin.books.save("webhooks", record, request.cause())
    return told("The webhook has been created.", "webhook", _shown(record), status=201)


@call("GET", "/settings/webhooks/{webhook_id}", "settings")
def read_webhook(standin: Z, request: Request, webhook_id: str) -> Response:
    return told("success", "webhook", _shown(standin.books.require("webhooks", webhook_id)))


@call("PUT", "/settings/webhooks/{webhook_id}", "settings")
def update_webhook(standin: Z, request: Request, webhook_id: str) -> Response:
    before = standin.books.require("webhooks", webhook_id)
    record = _built({**before, **body_of(standin, request)}, webhook_id)
    standin.books.save("webhooks", record, request.cause())
    return told("The webhook has been updated.", "webhook", _shown(record))


@call("DELETE", "/settings/webhooks/{webhook_id}", "settings")
def delete_webhook(standin: Z, request: Request, webhook_id: str) -> Response:
    standin.books.delete("webhooks", webhook_id, request.cause())
    return told("The webhook has been deleted.")


def _built(body: dict[str, Any], webhook_id: str) -> Record:
    url, secret = text(body, "url", 5000), text(body, "secret", 50)
    method = text(body, "method", 10, "POST")
    if not url.startswith(("http://", "https://")):
        raise bad_value("url")
    if secret and (len(secret) < 12 or not secret.isalnum()):
        raise bad_value("secret")
    if method not in ("POST", "PUT", "DELETE"):
        raise bad_value("method")
    return {
        "webhook_id": webhook_id,
        "webhook_name": text(body, "webhook_name", 50),
        "entity": text(body, "entity", 30),
        "method": method,
        "url": url,
        "secret": secret,
    }


def _shown(hook: Record) -> Record:
    return {key: value for key, value in hook.items() if key != "secret"}
