"""The checks behind ``mlc doctor``. Each says what it found; none stops the others. No system is written to."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, select, text

from mlc.cli.accounts import credentials, knock
from mlc.cli.options import KEY_FILE, Options
from mlc.cli.overlaps import overlap
from mlc.clock import Clock
from mlc.config import Config
from mlc.connections import shares
from mlc.engine.customers import synced_pairings
from mlc.engine.formkeeping import refuse_another_form
from mlc.engine.lacking import flows_off_as_probed
from mlc.engine.offdimensions import map_refused_as_probed
from mlc.errors import ConfigError, MlcError, StoreError
from mlc.pairings import validated
from mlc.runner.schedule import schedule_of
from mlc.store.credentials import ENVIRONMENT, load_keys
from mlc.store.instance import InstanceGuard
from mlc.store.resealing import unsealed
from mlc.store.schema import intents

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs", "lustre"})
SKEW_S = 5.0
SPACE = 200 * 1024 * 1024
MOUNTS = Path("/proc/mounts")


class Level(StrEnum):
    FINE = "ok"
    WORTH_KNOWING = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    what: str
    sentence: str


class Findings(list[Finding]):
    """What was found so far."""

    def check(self, what: str, look: Callable[[], str]) -> bool:
        """Add what ``look`` says, or the sentence it fails with; whether it went well."""
        try:
            self.append(Finding(Level.FINE, what, look()))
        except MlcError as error:
            self.append(Finding(Level.WRONG, what, error.sentence))
            return False
        return True

    def note(self, what: str, sentence: str) -> None:
        self.append(Finding(Level.WORTH_KNOWING, what, sentence))


def examine(options: Options, *, offline: bool) -> list[Finding]:
    """Every check, in the order in which they build on each other."""
    found = Findings()
    found.check("python", lambda: f"{sys.version.split()[0]} at {sys.executable}")
    plugins = found.check("plugins", lambda: _plugins(options))
    file = found.check("configuration", lambda: str(options.file.path))
    if not file:
        return found
    found.check("key", lambda: _key(options.file.home))
    if found.check("database", lambda: options.database.shown):
        found.check("place", lambda: _place(options))
        found.check("instance", lambda: _instance(options))
        found.check("clock", lambda: _clock(options))
        found.check("at rest", lambda: _at_rest(options))
    if options.file.data.get("broker") is not None:
        found.check("broker", lambda: _broker(options))
    if plugins and found.check("settings", lambda: _counted(options)):
        for warning in options.config.warnings:
            found.note("secrets", warning)
        found.check("pairings", lambda: _apart(options))
        found.check("schedules", lambda: _schedules(options.config))
        found.check("forms", lambda: _forms(options))
        found.check("other syncs", lambda: _other_syncs(options))
        found.check("maps", lambda: _maps(options))
        for sentence in _off(options):
            found.note("flows", sentence)
        for name in sorted(options.config.connections):
            found.check(f"credentials of {name}", lambda name=name: credentials(options, name))  # type: ignore[misc]
        for name in () if offline else sorted(options.config.connections):
            found.check(f"endpoint of {name}", lambda name=name: knock(options, name))  # type: ignore[misc]
    return found


def _plugins(options: Options) -> str:
    plugins = options.plugins
    if not plugins.systems:
        raise ConfigError("No system is installed; pip install the packages of the systems you use.")
    return f"{', '.join(sorted(plugins.systems))}; {len(plugins.recipes)} recipes, {len(plugins.all_wrappers)} wrappers"


def _counted(options: Options) -> str:
    config = options.config
    return f"{len(config.connections)} connections, {len(config.pairings)} pairings"


def _key(home: Path) -> str:
    path = home / KEY_FILE
    if not os.environ.get(ENVIRONMENT) and not path.exists():
        return f"none yet; mlc connect makes {path}"
    load_keys(path, os.environ)
    if home.exists() and stat.S_IMODE(home.stat().st_mode) & 0o022:
        raise ConfigError(f"Others may write into {home}; run: chmod go-w {home}")
    return f"from {ENVIRONMENT}" if os.environ.get(ENVIRONMENT) else f"{path}, readable by its owner alone"


def _place(options: Options) -> str:
    """Where the database lies: SQLite's locks do not hold on network file systems (R31)."""
    path = options.database.path
    if path is None:
        return "on a server"
    kind = file_system(path)
    if kind in NETWORK:
        raise StoreError(
            f"{path} is on a network file system ({kind}), where locks do not hold; move it to a local disk."
        )
    free = shutil.disk_usage(path.parent).free
    if free < SPACE:
        raise StoreError(f"{path.parent} has {free // 2**20} MB left; make room before running.")
    return f"local disk ({kind or 'unknown'}), {free // 2**30} GB free"


def file_system(path: Path, mounts: Path = MOUNTS) -> str | None:
    """The kind of file system a path is on, None where the platform does not say."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None
    here = path.resolve()
    kinds = {Path(line.split()[1].replace("\\040", " ")): line.split()[2] for line in lines}
    return next((kinds[folder] for folder in (here, *here.parents) if folder in kinds), None)


def _instance(options: Options) -> str:
    InstanceGuard(options.database, options.file.home).check()
    return "the database is the one last written from here"


def _at_rest(options: Options) -> str:
    """Whether everything secret is sealed with the current key, and for how long payloads stay."""
    stale = unsealed(options.database, options.keys.current_id)
    if stale:
        raise StoreError(
            f"{stale} tax numbers or payloads are in clear or sealed with an older key; run: mlc keys rotate --again"
        )
    with options.database.read() as connection:
        kept = connection.execute(select(func.count()).where(intents.c.payload.is_not(None))).scalar_one()
    return f"sealed with key {options.keys.current_id}; {kept} payloads, kept for payload_days after their write"


def _broker(options: Options) -> str:
    """Several processes need PostgreSQL and a Redis that keeps what it is given, unless somebody said it may not."""
    from mlc.runner.brokers import distributed, forgets, shown_url

    url = distributed(options.config)
    problem = forgets(url)
    if problem is None:
        return f"{shown_url(url)} answers and keeps what it is given"
    if not options.config.broker_may_forget:
        raise ConfigError(problem)
    return f"{shown_url(url)} answers; it keeps nothing over a restart, as was accepted"


def _clock(options: Options) -> str:
    now = Clock().now()
    if options.database.path is None:
        with options.database.read() as connection:
            theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        skew_s = (now - theirs).total_seconds()
        if abs(skew_s) > SKEW_S:
            raise StoreError(
                f"This machine's clock and the database server's are {abs(skew_s):.0f} s apart; set both by NTP."
            )
    return f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC; mlc ping compares it with each vendor's"


def _other_syncs(options: Options) -> str:
    """Whether a vendor's own program keeps the same customers in step (R27)."""
    with options.database.read() as connection:
        marked = synced_pairings(connection)
    sides = {
        name: {options.config.connections[side].system for side in (pairing.left, pairing.right)}
        for name, pairing in options.config.pairings.items()
    }
    found = [(pairing, system) for pairing, system in marked if system in sides.get(pairing, ())]
    if found:
        told = "; ".join(f"{pairing}: with {system}" for pairing, system in found)
        raise ConfigError(
            f"The vendor's own sync keeps customers in step already ({told}); switch it off, or leave people in plan."
        )
    return "no customer is marked as kept in step by another program"


def _forms(options: Options) -> str:
    for pairing in options.config.pairings.values():
        refuse_another_form(options.database, pairing)
    return "what is bound is of the form that each pairing says"


def _maps(options: Options) -> str:
    """Whether a map names what a side had switched off when it was probed last."""
    with options.database.read() as connection:
        for pairing in options.config.pairings.values():
            problem = map_refused_as_probed(connection, pairing)
            if problem is not None:
                raise ConfigError(problem)
    return "none names a dimension that is switched off"


def _off(options: Options) -> list[str]:
    """Flows that need what a side's edition did not have when it was probed last."""
    with options.database.read() as connection:
        return [
            f"{flow} of {name} is off: {sentence}"
            for name, pairing in options.config.pairings.items()
            for flow, sentence in flows_off_as_probed(connection, pairing).items()
        ]


def _apart(options: Options) -> str:
    config = options.config
    if not config.pairings:
        raise ConfigError(f"{config.path} has no pairing; mlc init writes an example.")
    problem = overlap(config, _tenants(options))
    if problem:
        raise ConfigError(problem)
    return "none answers another"


def _tenants(options: Options) -> dict[str, str]:
    """The tenants that connections lead to, as far as their systems name them."""
    found = {}
    for name, one in options.config.connections.items():
        system = options.plugins.system(one.system)
        tenant = shares(system, validated(system.settings, one.settings)).get("tenant")
        if tenant is not None:
            found[name] = f"{one.system}: {tenant}"
    return found


def _schedules(config: Config) -> str:
    """When each pairing is looked at, as a running ``mlc`` understands it."""
    for name, pairing in config.pairings.items():
        try:
            schedule_of(name, every=pairing.policy.every, jitter=pairing.policy.jitter, zone=config.zone)
        except ConfigError as error:
            raise ConfigError(f"{config.path}: [pairings.{name}] {error.sentence}", error.detail) from error
    return ", ".join(f"{name} every {one.policy.every}" for name, one in sorted(config.pairings.items()))
