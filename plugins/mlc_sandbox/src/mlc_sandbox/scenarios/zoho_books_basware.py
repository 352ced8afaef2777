"""The demo of ``zoho-books+basware``: approved invoices are taken, posted and answered; what is paid is told."""

from __future__ import annotations

from typing import Any

from mlc_sandbox.basware.access import CLIENT_ID, CLIENT_SECRET
from mlc_sandbox.basware.seed import HEAD
from mlc_sandbox.company import Company, TaxKind
from mlc_sandbox.company.lists import FREIGHT_ACCOUNT, UNIQUE_FIELD

COMPANY = "purchasing"
SOURCE, TARGET = "zoho-books", "basware"
BATCHES = True


def connections(company: Company) -> dict[str, dict[str, Any]]:
    return {
        SOURCE: {"organization_id": company.ledger_organization_id, "unique_field": UNIQUE_FIELD},
        TARGET: {
            "source_system": "ZOHO-DEMO",
            "code_prefix": "zb",
            "company_codes": [HEAD],
            "organization_element": HEAD,
            "payment_means_code": "WIRE",
        },
    }


def secrets(company: Company) -> dict[str, dict[str, str]]:
    return {
        SOURCE: {"client_id": "1000.DEMO", "client_secret": "demo-secret", "refresh_token": "1000.demo.refresh"},
        TARGET: {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    }


def pairing(company: Company) -> dict[str, Any]:
    return {
        "since": company.since,
        "scope": {"right": [HEAD]},
        "purchase_tax": "code",
        "freight_account": FREIGHT_ACCOUNT,
        "accounts": {account.code: account.ledger_code for account in company.accounts if account.ledger_code},
        "dimensions": {
            f"cost_center:{item.external_id}": f"tag:Department/{item.name}"
            for item in company.departments
            if item.ledger_tag_option is not None
        },
        "taxes": [
            {
                "code": tax.key.upper(),
                "to": "fold" if tax.kind is TaxKind.NOT_RECOVERABLE or tax.ledger_id is None else tax.ledger_id,
            }
            for tax in company.taxes
        ],
    }


def changes(company: Company) -> list[Any]:
    return []


def check_cases(company: Company, source: Any, target: Any, log: Any, report: Any) -> list[Any]:
    return []
