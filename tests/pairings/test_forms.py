"""A recipe's forms: what the pairing says and what its connection shows have to be the same."""

from pathlib import Path

import pytest
from mlc.config import Config, load_config
from mlc.errors import ConfigError, PluginError
from mlc.pairings import parse_recipe
from mlc.plugins import Plugins
from mlc.recipes import FlowMode, Owner

CONNECTIONS = '[connections.books]\nsystem = "zoho-books"\n[connections.desk]\nsystem = "zoho-crm"\n'
PAIRING = '[pairings.main]\nrecipe = "zoho-books+zoho-crm"\nsince = 2026-11-01\n'


def loaded(folder: Path, plugins: Plugins, *, customers: str = "", model: str = "", more: str = "") -> Config:
    shown = f'customers = "{customers}"\n' if customers else ""
    said = f'model = "{model}"\n' if model else ""
    path = folder / "mlc.toml"
    path.write_text(f'home = "."\n{CONNECTIONS}{shown}{PAIRING}{said}{more}', encoding="utf-8")
    return load_config(path, plugins=plugins)


def test_a_form_changes_flows_and_the_operator_has_the_last_word(tmp_path: Path, plugins: Plugins) -> None:
    accounts = {one.name: one for one in loaded(tmp_path, plugins).pairings["main"].flows}
    assert accounts["people"].mode is FlowMode.WRITE
    assert "billing_email" not in accounts["customers"].owners
    assert loaded(tmp_path, plugins, model="account", customers="accounts").pairings["main"].flows == tuple(
        accounts.values()
    )
    own = '[pairings.main.flows.customers.owners]\nbilling_phone = "left"\n'
    chosen = loaded(tmp_path, plugins, model="contact", customers="contacts", more=own).pairings["main"]
    persons = {one.name: one for one in chosen.flows}
    assert (persons["people"].mode, persons["people-back"].mode) == (FlowMode.OFF, FlowMode.OFF)
    owners = persons["customers"].owners
    assert (owners["billing_email"], owners["billing_phone"], owners["name"]) == (Owner.LEFT, Owner.LEFT, Owner.LEFT)
    assert persons["customers-back"].owners["billing_phone"] is Owner.RIGHT


@pytest.mark.parametrize(
    ("customers", "model", "sentence"),
    [
        ("", "contact", "model = 'contact' needs customers = 'contacts' in [connections.desk] (it is 'accounts')"),
        ("contacts", "", "model = 'account' needs customers = 'accounts' in [connections.desk] (it is 'contacts')"),
        ("", "lead", "model = 'lead' is no form of the recipe zoho-books+zoho-crm; it is one of account, contact."),
        ("people", "contact", "customers"),
    ],
)
def test_what_does_not_go_together_is_refused(
    tmp_path: Path, plugins: Plugins, customers: str, model: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, plugins, customers=customers, model=model)
    assert sentence in refused.value.sentence


def test_a_form_that_is_no_text_is_refused(tmp_path: Path, plugins: Plugins) -> None:
    (tmp_path / "mlc.toml").write_text(f'home = "."\n{CONNECTIONS}{PAIRING}model = ["contact"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="is no form of the recipe"):
        load_config(tmp_path / "mlc.toml", plugins=plugins)


def test_a_form_names_flows_that_are_there() -> None:
    text = 'name = "a+b"\ntitle = "T"\nleft = "a"\nright = "b"\n'
    text += '[[flows]]\nname = "bills"\nobject = "bill"\nfrom = "left"\n'
    with pytest.raises(PluginError, match="the model 'x' changes the flow 'bill', which it does not have"):
        parse_recipe(text + '[models.x.flows.bill]\nmode = "off"\n', "The recipe")
