"""Basware P2P for ml-connector: approved invoices, master data, purchase orders, answers to invoices, notifications."""

VERSION = "0.1.0"
SYSTEM = "basware"
