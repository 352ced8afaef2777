"""Vendors' faults where an uncertain create is settled by looking up its unique field."""

from faultbench.vendorcases import VendorCases, VendorMatrix

STRATEGY = "unique_field"


class TestVendorFaults(VendorCases):
    """One world, disturbed again and again."""


class TestMatrix(VendorMatrix):
    """Only with -m torture."""
