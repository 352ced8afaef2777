"""Make a seeded company."""

from datetime import date

from mlc_sandbox.company.model import Company

SINCE = date(2026, 10, 1)
TODAY = date(2026, 11, 20)


def make_company(seed: int = 1, records: int = 300, *, since: date = SINCE, today: date = TODAY) -> Company:
    """Make the company."""
    raise NotImplementedError
