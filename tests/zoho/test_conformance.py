"""The connector against the checks every connector is held to."""

from mlc_zoho.books.conformance import BooksConformance


class TestBooks(BooksConformance):
    """Every check; what the vendor cannot do stands in the package's ``quality.toml``."""
