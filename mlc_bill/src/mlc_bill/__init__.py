"""BILL for ml-connector: payables, receivables, Spend & Expense, webhooks."""

VERSION = "0.1.0"
SYSTEM = "bill"
