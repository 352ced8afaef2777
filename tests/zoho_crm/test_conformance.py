"""The connector against the checks every connector is held to."""

from mlc_zoho.crm.conformance import CrmConformance


class TestCrm(CrmConformance):
    """Every check; what the vendor cannot do stands in the package's ``quality.toml``."""
