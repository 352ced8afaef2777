"""Vendors' faults where an uncertain create is settled by searching for its natural key."""

from faultbench.vendorcases import VendorCases, VendorMatrix

STRATEGY = "search"


class TestVendorFaults(VendorCases):
    """One world, disturbed again and again."""


class TestMatrix(VendorMatrix):
    """Only with -m torture."""
