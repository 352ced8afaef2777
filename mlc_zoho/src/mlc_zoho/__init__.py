"""Zoho for ml-connector: ``books`` is the system ``zoho-books``; data centres and OAuth serve all Zoho products."""

VERSION = "0.1.0"
