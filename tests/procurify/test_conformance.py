"""The connector against the checks every connector is held to."""

from mlc_procurify.conformance import ProcurifyConformance


class TestProcurify(ProcurifyConformance):
    """Every check; what the vendor cannot do stands in the package's ``quality.toml``."""
