"""Whatever an operator may set stands in the README of its package."""

from pathlib import Path

import pytest
from mlc.plugins import load_plugins

HOMES = {
    "procurify": "mlc_procurify",
    "zoho-books": "mlc_zoho",
    "zoho-crm": "mlc_zoho",
    "bill": "mlc_bill",
    "quickbooks": "mlc_quickbooks",
    "basware": "mlc_basware",
}
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("system", sorted(HOMES))
def test_every_setting_and_secret_is_named_in_its_readme(system: str) -> None:
    page = (ROOT / HOMES[system] / "README.md").read_text(encoding="utf-8")
    told = load_plugins().system(system)
    missing = [key for key in [*told.settings.model_fields, *told.secrets.model_fields] if f"`{key}`" not in page]
    assert not missing
