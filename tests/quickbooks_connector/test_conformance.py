"""The QuickBooks connector passes the conformance suite against its stand-in."""

from mlc_quickbooks.conformance import QuickBooksConformance


class TestQuickBooks(QuickBooksConformance):
    pass
