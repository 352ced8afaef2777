"""A folder of CSV files as a system."""

SYSTEM = "csv"
