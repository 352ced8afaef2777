"""Procurify for ml-connector."""

__version__ = "0.1.0"
SYSTEM = "procurify"
