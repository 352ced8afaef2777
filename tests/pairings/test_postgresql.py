"""The same pairing with PostgreSQL as its database: the same records, the same silence, a chain that verifies."""

from mlc.store.audit import verify_chain
from mlc.store.database import open_database

from tests.pairings.conftest import World


def test_a_pairing_on_postgresql_writes_once_and_is_silent_afterwards(world: World, postgres_url: str) -> None:
    text = world.config.read_text(encoding="utf-8")
    text = text.replace('home = "."', 'home = "elsewhere"')  # a home knows one database
    world.config.write_text(f'database = "{postgres_url}"\n' + text, encoding="utf-8")
    world.keep_secrets()
    _code, first = world.say("run", "--once", "--accept")
    written = world.writes()
    assert written > 0
    _code, second = world.say("run", "--once")
    assert world.writes() == written
    assert first != second
    database = open_database(postgres_url)
    try:
        report = verify_chain(database)
    finally:
        database.close()
    assert report.ok, report.problem
    assert report.groups > 0
