"""The register: what the extracts said of suppliers, kept because each of their files is handed out only five times.

It is core's bulk shelf: a supplier's id is its code, its parts are the companies of this ledger that have it.
"""

import json
from contextlib import AbstractContextManager
from pathlib import Path

from mlc import BulkShelf, open_bulk_shelf

from mlc_basware.auth import BaswareConnection


def open_register(connection: BaswareConnection) -> AbstractContextManager[BulkShelf]:
    """The register of this connection; under other company codes or columns everything is read again.

    Raises: ConfigError when its file or ``extracts_folder`` cannot be used.
    """
    settings = connection.settings
    path = Path(settings.extracts_folder or "") / f"{connection.name}.suppliers.sqlite"
    terms = json.dumps([sorted(settings.company_codes), sorted(settings.columns().items())])
    return open_bulk_shelf(path, terms, connection=connection.name)
