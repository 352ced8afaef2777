"""One function per recipe; each returns the text of its file."""

from importlib.resources import files


def procurify_zoho_books() -> str:
    """Purchasing in Procurify, books in Zoho."""
    return _text("procurify+zoho-books")


def csv_zoho_books() -> str:
    """Files from suppliers and banks, books in Zoho."""
    return _text("csv+zoho-books")


def zoho_books_bill() -> str:
    """Books in Zoho, approval and payment in BILL."""
    return _text("zoho-books+bill")


def zoho_books_basware() -> str:
    """Invoices approved in Basware, books in Zoho."""
    return _text("zoho-books+basware")


def zoho_books_zoho_crm() -> str:
    """Books in Zoho, customers looked after in Zoho CRM."""
    return _text("zoho-books+zoho-crm")


def quickbooks_basware() -> str:
    """Invoices approved in Basware, books in QuickBooks."""
    return _text("quickbooks+basware")


def _text(recipe: str) -> str:
    return (files("mlc_pairings") / "recipes" / f"{recipe}.toml").read_text(encoding="utf-8")
