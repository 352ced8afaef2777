"""A person's link binds to what a list has shown, and to answers, which no list shows."""

from pathlib import Path
from typing import Any

import pytest
from mlc.engine.decisions import refuse_unseen
from mlc.errors import ConfigError
from mlc.store.database import open_database


def hold(object_type: str) -> Any:
    return {"pairing": "p", "object_type": object_type, "record_id": 7, "detail": None}


def test_an_answer_is_linked_by_the_code_that_its_system_shows(tmp_path: Path) -> None:
    database = open_database(tmp_path / "mlc.db")
    with database.read() as connection:
        refuse_unseen(connection, hold("document_report"), "mlc-1")
        with pytest.raises(ConfigError, match="has shown anything with the id mlc-1"):
            refuse_unseen(connection, hold("bill"), "mlc-1")
    database.close()
