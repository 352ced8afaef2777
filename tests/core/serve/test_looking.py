"""Health and metrics: for this machine, or whoever shows the token."""

import json

from .conftest import Desk, Open

TOKEN = '[serve]\nmetrics_token = "let-me-look"'


def test_health_says_what_waits(desk: Desk) -> None:
    desk.post()
    status, body, _ = desk.ask("GET", "/health")
    told = json.loads(body)
    assert (status, told["ok"], told["unread_notices"]) == (200, True, 1)


def test_metrics_tell_of_deliveries_and_of_the_inbox(desk: Desk) -> None:
    desk.post()
    desk.post(secret="guessed")
    status, body, _ = desk.ask("GET", "/metrics")
    text = body.decode()
    assert status == 200
    assert 'mlc_webhook_deliveries_total{connection="books",outcome="stored"} 1.0' in text
    assert 'mlc_webhook_deliveries_total{connection="books",outcome="refused"} 1.0' in text
    assert 'mlc_inbox_unread{connection="books"} 1.0' in text


def test_who_comes_through_a_proxy_sees_neither(desk: Desk) -> None:
    for header in ("x-forwarded-for", "forwarded", "x-real-ip"):
        assert desk.ask("GET", "/metrics", headers={header: "203.0.113.9"})[0] == 404
        assert desk.ask("GET", "/health", headers={header: "203.0.113.9"})[0] == 404


def test_with_a_token_only_the_token_counts(opened: Open) -> None:
    with opened(TOKEN) as desk:
        assert desk.ask("GET", "/metrics")[0] == 404
        assert desk.ask("GET", "/metrics", headers={"authorization": "Bearer let-me-guess"})[0] == 404
        through = {"authorization": "Bearer let-me-look", "x-forwarded-for": "203.0.113.9"}
        assert desk.ask("GET", "/metrics", headers=through)[0] == 200


def test_nothing_else_is_there(desk: Desk) -> None:
    assert {desk.ask("GET", path)[0] for path in ("/", "/webhooks", "/webhooks/", "/docs", "/../etc/passwd")} == {404}
