"""QuickBooks Online: Accounting API v3, its token server and its webhooks."""
