"""Checks: only what the vendor signed is believed, and only while it is new."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mlc.connection import AnyConnection
from mlc.deliveries import Notice, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.system import Capability
from mlc.testing.conformance.supplied import Supplied
from mlc.testing.conformance.verdicts import not_applicable, not_shown
from mlc.testing.connecting import tap_of

HUGE = 5 * 1024 * 1024
OLD = timedelta(days=2)
PROMPT_S = 1.0
SECRET_MIN = 20


class WebhookChecks(Supplied):
    def test_a_good_delivery_names_its_records(self) -> None:
        connection, delivery = self._delivery()
        notices = self._verify(connection, delivery)
        assert notices, "a good delivery gives no notice"
        for notice in notices:
            assert notice.external_id
            assert notice.delivery_id
            declared = self.bench.system.support(notice.object_type) is not None
            assert declared, f"a notice about {notice.object_type}, which is not declared"

    def test_one_flipped_byte_is_refused_wherever_it_is(self) -> None:
        connection, delivery = self._delivery()
        for place in self._covered(delivery.body):
            flipped = bytearray(delivery.body)
            flipped[place] ^= 0x01
            with pytest.raises(WebhookRejectedError):
                self._verify(connection, replace(delivery, body=bytes(flipped)))

    def test_a_delivery_without_its_signature_is_refused(self) -> None:
        connection, delivery = self._delivery()
        if self.webhook_echo:
            for instead in (b"", self.webhook_echo[:-1].encode(), self.webhook_echo.encode() * 2):
                body = delivery.body.replace(self.webhook_echo.encode(), instead)
                with pytest.raises(WebhookRejectedError):
                    self._verify(connection, replace(delivery, body=body))
            return
        bare = {name: value for name, value in delivery.headers.items() if name == "content-type"}
        with pytest.raises(WebhookRejectedError):
            self._verify(connection, replace(delivery, headers=bare, query=()))
        empty = {name: value if name == "content-type" else "" for name, value in delivery.headers.items()}
        with pytest.raises(WebhookRejectedError):
            self._verify(connection, replace(delivery, headers=empty))

    def test_an_old_delivery_is_refused(self) -> None:
        if not self.webhook_has_time:
            not_applicable("deliveries of this system carry no time of their own.")
        connection, _ = self._delivery()
        old = self.webhook(datetime.now(UTC) - OLD)
        assert old is not None
        with pytest.raises(WebhookRejectedError):
            self._verify(connection, replace(old, received_at=datetime.now(UTC)))

    def test_the_same_delivery_twice_is_the_same_delivery(self) -> None:
        connection, delivery = self._delivery()
        one, other = (self._verify(connection, delivery) for _ in range(2))
        assert [notice.delivery_id for notice in one] == [notice.delivery_id for notice in other]

    def test_a_huge_body_is_refused_promptly(self) -> None:
        connection, delivery = self._delivery()
        began = time.monotonic()
        with pytest.raises(WebhookRejectedError):
            self._verify(connection, replace(delivery, body=delivery.body + b" " * HUGE))
        assert time.monotonic() - began < PROMPT_S

    def test_rubbish_is_refused_and_never_crashes(self) -> None:
        connection, delivery = self._delivery()
        for body in (b"", b"\xff\xfe", b"[]", b"null", b"{", b'{"a":' * 2000, delivery.body[:-1]):
            with pytest.raises(WebhookRejectedError):
                self._verify(connection, replace(delivery, body=body))

    def test_a_delivery_for_another_connection_is_refused(self) -> None:
        _, delivery = self._delivery()
        others = self.other_secrets
        if others is None:
            others = {name: value[::-1] for name, value in self.secrets.items()}
        connection = self.bench.open(secrets=others, name="another")
        with pytest.raises(WebhookRejectedError):
            self._verify(connection, delivery)

    def test_verifying_calls_nobody(self) -> None:
        connection, delivery = self._delivery()
        self._verify(connection, delivery)
        assert not tap_of(connection).calls, "a delivery is verified from itself alone"

    def _covered(self, body: bytes) -> range:
        """The bytes that prove where a delivery comes from: all of a signed one, else those of the repeated secret."""
        if not self.webhook_echo:
            return range(len(body))
        echo = self.webhook_echo.encode()
        assert body.count(echo) == 1, "the delivery does not carry webhook_echo, once"
        assert len(echo) >= SECRET_MIN, "a secret that short can be guessed"
        return range(body.index(echo), body.index(echo) + len(echo))

    def _verify(self, connection: AnyConnection, delivery: WebhookRequest) -> list[Notice]:
        notices: list[Notice] = self.bench.call(connection, "mlc_verify_webhook", request=delivery)
        return notices

    def _delivery(self) -> tuple[AnyConnection, WebhookRequest]:
        if not self.bench.answers("mlc_verify_webhook"):
            self.bench.need(Capability.WEBHOOKS)
        delivery = self.webhook(datetime.now(UTC))
        if delivery is None:
            not_shown("no delivery is supplied; supply webhook().")
        return self.bench.open(), delivery
