"""An authorisation that ends is told while there is time, once, and is over when somebody authorised anew (R35)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from mlc.oauth.tokens import StoredTokens
from mlc.store.schema import alerts
from rulebench.bench import TARGET, Bench
from sqlalchemy import select


def told(bench: Bench) -> list[tuple[str, bool]]:
    """The sentences about endings, and whether each still counts."""
    with bench.enter().database.read() as connection:
        rows = connection.execute(select(alerts).where(alerts.c.code == "authorisation_ends"))
        return [(row.sentence, row.cleared_at is None) for row in rows]


def test_an_authorisation_that_ends_soon_is_told_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    current = StoredTokens.current
    left = timedelta(days=30)

    def ending(self: StoredTokens) -> object:
        token = current(self)
        ends = bench.clock.now() + left
        return replace(token, refresh_expires_at=ends) if token is not None and self.connection == TARGET else token

    monkeypatch.setattr(StoredTokens, "current", ending)
    bench.run()
    assert told(bench) == []
    left = timedelta(days=13)
    bench.run()
    bench.run()
    ((sentence, open_),) = told(bench)
    assert open_
    assert f"mlc connect {TARGET}" in sentence
    assert (bench.clock.now() + left).strftime("%Y-%m-%d") in sentence
    left = timedelta(days=100)
    bench.run()
    assert [open_ for _sentence, open_ in told(bench)] == [False]
