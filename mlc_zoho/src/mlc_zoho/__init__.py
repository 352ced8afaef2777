"""Zoho for ml-connector: ``books`` is the system ``zoho-books``, ``crm`` is ``zoho-crm``; the rest serves both."""

VERSION = "0.1.0"
