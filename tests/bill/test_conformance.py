"""The connector against the checks every connector is held to."""

from mlc_bill.conformance import BillConformance


class TestBill(BillConformance):
    """Every check; what the vendor cannot do stands in the package's ``quality.toml``."""
