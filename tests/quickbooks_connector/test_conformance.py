"""The QuickBooks connector passes the conformance suite against its stand-in, in two editions of QuickBooks."""

from mlc_quickbooks.conformance import QuickBooksConformance


class TestQuickBooks(QuickBooksConformance):
    pass


class TestInTheUnitedStates(QuickBooksConformance):
    """The same company with an edition that knows no tax on purchases."""

    country = "US"
    currency = "USD"
    xfail = {"test_every_capability_is_exercised": "a company in the United States has no tax codes on purchases"}
