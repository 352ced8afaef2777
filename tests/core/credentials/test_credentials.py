"""Encrypted rows: bound to their place, versioned, rotated; and the key file."""

import base64
import stat
import threading
from datetime import UTC, datetime

import pytest
from mlc.errors import ConfigError, StoreError
from mlc.store.credentials import Credentials, Keys, add_key, key_id, keyfile, load_keys, parse_keys
from mlc.store.schema import credentials as table
from sqlalchemy import select, update


def test_what_was_stored_is_read_back_with_its_version(credentials):
    assert credentials.get("acme", "secrets") is None
    assert credentials.put("acme", "secrets", {"client_secret": "hunter2"}) == 1
    assert credentials.put("acme", "secrets", {"client_secret": "hunter3"}) == 2
    kept = credentials.get("acme", "secrets")
    assert (kept.value, kept.version) == ({"client_secret": "hunter3"}, 2)


def test_the_database_never_holds_a_secret_in_clear(credentials, database):
    credentials.put("acme", "secrets", {"client_secret": "hunter2hunter2"})
    with database.read() as transaction:
        rows = transaction.execute(select(table)).all()
    assert "hunter2" not in repr(rows)
    assert "client_secret" not in repr(rows)
    assert b"hunter2" not in database.path.read_bytes()


def test_no_repr_shows_a_value_or_a_key(credentials):
    credentials.put("acme", "secrets", {"client_secret": "hunter2"})
    shown = repr([credentials.get("acme", "secrets"), credentials.keys, vars(credentials)])
    assert "hunter2" not in shown
    assert "kkkk" not in shown


def test_a_put_expecting_an_older_version_changes_nothing(credentials):
    assert credentials.put("acme", "token", {"a": 1}, expected=0) == 1
    assert credentials.put("acme", "token", {"a": 2}, expected=0) is None
    assert credentials.put("acme", "token", {"a": 3}, expected=1) == 2
    assert credentials.put("acme", "token", {"a": 4}, expected=1) is None
    assert credentials.get("acme", "token").value == {"a": 3}


def test_of_many_threads_expecting_one_version_one_wins(credentials):
    credentials.put("acme", "token", {"a": 0})
    won = []

    def swap(number):
        if credentials.put("acme", "token", {"a": number}, expected=1) is not None:
            won.append(number)

    threads = [threading.Thread(target=swap, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(won) == 1
    assert credentials.get("acme", "token").value == {"a": won[0]}


@pytest.mark.parametrize("changed", [{"connection": "other"}, {"field": "other"}])
def test_a_row_moved_elsewhere_is_refused(credentials, database, changed):
    credentials.put("acme", "secrets", {"a": 1})
    with database.write() as transaction:
        transaction.execute(update(table).values(**changed))
    with pytest.raises(StoreError, match="damaged or belong elsewhere"):
        credentials.get(changed.get("connection", "acme"), changed.get("field", "secrets"))


def test_a_row_with_one_byte_changed_is_refused(credentials, database):
    credentials.put("acme", "secrets", {"a": 1})
    with database.write() as transaction:
        blob = bytearray(transaction.execute(select(table.c.ciphertext)).scalar_one())
        blob[-1] ^= 1
        transaction.execute(update(table).values(ciphertext=bytes(blob)))
    with pytest.raises(StoreError):
        credentials.get("acme", "secrets")


def test_rotation_encrypts_every_row_anew_and_the_old_key_may_go(database, keys, credentials):
    credentials.put("acme", "secrets", {"a": 1})
    credentials.put("beta", "token", {"b": 2})
    new = b"n" * 32
    both = credentials_with(database, Keys(new, (keys.current,)))
    assert both.rotate() == 2
    assert both.rotate() == 0
    alone = credentials_with(database, Keys(new))
    assert alone.get("acme", "secrets").value == {"a": 1}
    assert alone.get("beta", "token").version == 2


def credentials_with(database, keys):
    return Credentials(database, keys, now=lambda: datetime(2026, 5, 4, tzinfo=UTC))


def test_a_missing_key_is_named_with_what_to_do(database, credentials):
    credentials.put("acme", "secrets", {"a": 1})
    other = credentials_with(database, Keys(b"x" * 32))
    with pytest.raises(StoreError, match=f"{key_id(b'k' * 32)}.*mlc connect acme"):
        other.get("acme", "secrets")
    with pytest.raises(StoreError):
        other.rotate()


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "home" / "key"
    first = keyfile(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyfile(path) == first
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_many_threads_making_the_key_file_agree_on_one_key(tmp_path):
    path = tmp_path / "key"
    found = []
    threads = [threading.Thread(target=lambda: found.append(keyfile(path).current)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 12
    assert len(set(found)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_file_others_may_read_is_refused_with_the_remedy(tmp_path, mode):
    path = tmp_path / "key"
    keyfile(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        keyfile(path)


def test_a_new_key_goes_in_front_and_the_old_one_stays(tmp_path):
    path = tmp_path / "key"
    old = keyfile(path)
    new = add_key(path)
    assert new.older == (old.current,)
    assert keyfile(path) == new
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_environment_comes_before_the_file(tmp_path):
    text = base64.b64encode(b"e" * 32).decode()
    assert load_keys(tmp_path / "key", {"MLC_KEY": text}).current == b"e" * 32
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_bad_key_is_refused_without_being_quoted(text):
    with pytest.raises(ConfigError) as caught:
        parse_keys(text, where="MLC_KEY")
    assert "MLC_KEY" in str(caught.value)
    assert not text or text not in str(caught.value)
