"""The folder keeps what every connector promises."""

from mlc_csv.conformance import CsvConformance


class TestCsv(CsvConformance):
    """Every check of the class, on a folder made for the run."""
