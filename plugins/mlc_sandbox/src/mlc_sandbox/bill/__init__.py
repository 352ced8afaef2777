"""The BILL stand-in: AP/AR v3, Spend & Expense and webhooks of one developer key's organisations."""
