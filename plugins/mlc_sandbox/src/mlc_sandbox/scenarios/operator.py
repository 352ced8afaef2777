"""What an operator of ``procurify+zoho-books`` writes into ``mlc.toml``, and what ``mlc connect`` asks for."""

from typing import Any

from mlc_sandbox.company import Company, TaxKind
from mlc_sandbox.company.lists import FREIGHT_ACCOUNT, UNIQUE_FIELD

_TAG = "Department"


def connections(company: Company) -> dict[str, dict[str, Any]]:
    """Settings of each system's connection, without its endpoint."""
    return {
        "procurify": {"subdomain": "demo", "bill_types": ["order"]},
        "zoho-books": {"organization_id": company.ledger_organization_id, "unique_field": UNIQUE_FIELD},
    }


def secrets(company: Company) -> dict[str, dict[str, str]]:
    """The credentials that the stand-ins accept."""
    return {
        "procurify": {"client_id": "demo-client", "client_secret": "demo-secret"},
        "zoho-books": {
            "client_id": "1000.DEMO",
            "client_secret": "demo-secret",
            "refresh_token": "1000.demo.refresh",
        },
    }


def pairing(company: Company) -> dict[str, Any]:
    """The ``[pairings.…]`` table: go-live date and value maps."""
    return {
        "since": company.since,
        "purchase_tax": "code",
        "freight_account": FREIGHT_ACCOUNT,
        "money_accounts": {
            account.gl_code: account.ledger_id for account in company.money_accounts if account.ledger_id
        },
        "accounts": {account.code: account.ledger_code for account in company.accounts if account.ledger_code},
        "dimensions": {
            **{
                f"department:{item.name}": f"tag:{_TAG}/{item.name}"
                for item in company.departments
                if item.ledger_tag_option is not None
            },
            **{f"location:{place.name}": f"location:{place.name}" for place in company.locations},
        },
        "taxes": [
            {"name": tax.name, "rate": str(tax.rate), "to": _target(tax.kind, tax.ledger_id)}
            for tax in company.taxes
            if tax.ledger_id or tax.kind is TaxKind.NOT_RECOVERABLE
        ],
    }


def _target(kind: TaxKind, ledger_id: str | None) -> str:
    """A tax that cannot be recovered becomes part of what was bought."""
    return "fold" if kind is TaxKind.NOT_RECOVERABLE or ledger_id is None else ledger_id
