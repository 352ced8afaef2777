"""Calls under ``/settings/webhooks``, and what workflow rules are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.calls import body_of, call, told
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import Refusal, bad_query, bad_value, business
from mlc_sandbox.zoho_books.values import text
from mlc_sandbox.zoho_books.webhooks import ENTITIES, EVENTS, Firing

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn as Z

MOST_RULES: Final = 200
MOST_RULES_OF_A_MODULE: Final = 10
MOST_RESENT: Final = 10
PLANS: Final = frozenset({"PROFESSIONAL", "PREMIUM", "ELITE", "ULTIMATE"})


@call("GET", "/settings/webhooks", "settings")
def list_webhooks(standin: Z, request: Request) -> Response:
    found = [_shown(hook) for hook in standin.books["webhooks"].all()]
    return json_response(200, {"code": 0, "message": "success", "webhooks": found})


@call("POST", "/settings/webhooks", "settings")
def create_webhook(standin: Z, request: Request) -> Response:
    record = create(standin.books, body_of(standin, request), request.cause())
    return told("The webhook has been created.", "webhook", _shown(record), status=201)


@call("GET", "/settings/webhooks/histories", "settings")
def list_histories(standin: Z, request: Request) -> Response:
    rows = [one.as_json() for one in standin.webhooks.histories.values()]
    return json_response(200, {"code": 0, "message": "success", "webhook_histories": rows})


@call("GET", "/settings/webhooks/histories/{history_id}", "settings")
def read_history(standin: Z, request: Request, history_id: str) -> Response:
    return told("success", "webhook_history", _firing(standin, history_id).as_json())


@call("POST", "/settings/webhooks/histories/{history_id}/resend", "settings")
def resend(standin: Z, request: Request, history_id: str) -> Response:
    standin.webhooks.send(_firing(standin, history_id))
    return told("The webhook has been resent.")


@call("POST", "/settings/webhooks/histories/bulkresend", "settings")
def resend_several(standin: Z, request: Request) -> Response:
    ids = [one for one in (request.query.get("history_ids") or "").split(",") if one]
    if not ids or len(ids) > MOST_RESENT:
        raise bad_query("history_ids")
    for firing in [_firing(standin, one) for one in ids]:
        standin.webhooks.send(firing)
    return told("The webhooks have been resent.")


def _firing(standin: Z, history_id: str) -> Firing:
    found = standin.webhooks.histories.get(history_id)
    if found is None:
        raise Refusal(1002, "Webhook history does not exist.", standin.switches["not_found_status"])
    return found


@call("GET", "/settings/webhooks/{webhook_id}", "settings")
def read_webhook(standin: Z, request: Request, webhook_id: str) -> Response:
    return told("success", "webhook", _shown(standin.books.require("webhooks", webhook_id)))


@call("PUT", "/settings/webhooks/{webhook_id}", "settings")
def update_webhook(standin: Z, request: Request, webhook_id: str) -> Response:
    record = update(standin.books, webhook_id, body_of(standin, request), request.cause())
    return told("The webhook has been updated.", "webhook", _shown(record))


@call("DELETE", "/settings/webhooks/{webhook_id}", "settings")
def delete_webhook(standin: Z, request: Request, webhook_id: str) -> Response:
    standin.books.delete("webhooks", webhook_id, request.cause())
    return told("The webhook has been deleted.")


def create(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A webhook: it fires when a rule says so."""
    return books.save("webhooks", _built(body, books.next_id()), cause)


def update(books: Books, webhook_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """The fields sent change, the others stay."""
    before = books.require("webhooks", webhook_id)
    return books.save("webhooks", _built({**before, **body}, webhook_id), cause)


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
        "description": text(body, "description", 100),
        "entity": text(body, "entity", 30),
        "method": method,
        "url": url,
        "secret": secret,
        "headers": _pairs(body, "headers"),
        "query_parameters": _pairs(body, "query_parameters"),
        "raw_data": text(body, "raw_data", 100000),
    }


def _pairs(body: dict[str, Any], name: str) -> list[Record]:
    sent = body.get(name) or []
    if not isinstance(sent, list) or not all(isinstance(one, dict) and one.get("param_name") for one in sent):
        raise bad_value(name)
    return [{"param_name": str(one["param_name"]), "param_value": str(one.get("param_value", ""))} for one in sent]


def _shown(hook: Record) -> Record:
    return {key: value for key, value in hook.items() if key != "secret"}


# --- rules, which only the screens make: the paths of their API are not known ---------------------------------------


def create_rule(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A workflow rule with one webhook: ``workflow_name``, ``entity``, ``rule_event``, ``webhook_id``."""
    entity, event = text(body, "entity", 30), text(body, "rule_event", 30, "created_or_edited")
    if entity not in ENTITIES.values():
        raise bad_value("entity")
    if event not in EVENTS:
        raise bad_value("rule_event")
    books.require("webhooks", str(body.get("webhook_id", "")))
    organisation = next(iter(books["organizations"].all()))
    if organisation["plan_name"] not in PLANS:
        raise business(103001, "Workflow rules are not available in your plan.")
    rules = list(books["workflows"].all())
    if len(rules) >= MOST_RULES or sum(1 for rule in rules if rule["entity"] == entity) >= MOST_RULES_OF_A_MODULE:
        raise business(103002, "You have reached the maximum number of workflow rules.")
    record = {
        "workflow_id": books.next_id(),
        "workflow_name": text(body, "workflow_name", 100, f"{entity} {event}"),
        "rule_type": "event",
        "rule_event": event,
        "entity": entity,
        "webhook_id": str(body["webhook_id"]),
        "is_active": True,
    }
    return books.save("workflows", record, cause)


def set_rule_active(books: Books, key: str, active: bool, cause: Cause) -> Record:
    """Activate or deactivate a rule."""
    return books.save("workflows", {**books.require("workflows", key), "is_active": active}, cause)
