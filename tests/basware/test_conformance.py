"""The connector against the checks every connector is held to."""

from mlc_basware.conformance import BaswareConformance


class TestBasware(BaswareConformance):
    """Every check; what the vendor cannot do stands in the package's ``quality.toml``."""
