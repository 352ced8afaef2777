"""QuickBooks Online for ml-connector: payables, purchase orders, journal entries, lists, webhooks."""

VERSION = "0.1.0"
SYSTEM = "quickbooks"
