"""Runs the conformance checks of an installed connector, tortures it where a vendor is served, and grades it.

There are two tortures. One breaks the connector's own requests, alone. The other pushes records through the whole
engine into the system's stand-in, which breaks its answers; it takes minutes, so its counts are kept in
``quality.toml``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlc.errors import ConfigError, PluginError
from mlc.testing.certified import Record, read_record, write_record
from mlc.testing.checking import run_checks
from mlc.testing.grading import Finding, Grade, Rules, grade, load_rules

if TYPE_CHECKING:
    from mlc.testing.torture import Damage

GROUP = "mlc.conformance"
#: Faults through the engine where the record stands for the rest.
SHORT = 12
SEED = 7


@dataclass(frozen=True, slots=True)
class Certificate:
    """What came out.

    Attributes:
        alone: the connector's requests under faults; None where no vendor could be served.
        engine: through the whole engine; None where no installed package can torture the system.
        record: what stands in for the long torture through the engine, when it was asked for and is of this version.
    """

    system: str
    version: str
    grade: Grade
    findings: tuple[Finding, ...]
    alone: "Damage | None"
    engine: "Damage | None"
    record: Record | None
    rules: Rules


def certify(
    system: str,
    *,
    faults: int,
    seed: int = SEED,
    recorded: bool = False,
    told: Callable[[str, int], None] = lambda what, done: None,
) -> Certificate:
    """Run everything.

    Args:
        faults: so many for each torture; 0 runs neither.
        recorded: only a short torture through the engine; the rest is taken from the record.
        told: is called with what is done and how many faults have struck.

    Raises: ConfigError when pytest or the connector's conformance class is missing, PluginError when it cannot be run.
    """
    if find_spec("pytest") is None:
        raise ConfigError("Certifying needs pytest: pip install 'ml-connector[testing]'.")
    subject = subject_of(system)
    findings = tuple(run_checks(system))
    if not findings:
        raise PluginError(f"The conformance class of {system!r} has no checks.", system=system)
    alone = engine = record = None
    if faults:
        from mlc.testing.tortures import through_the_engine

        alone = _tortured(subject, faults, seed=seed, struck=lambda done: told("faults alone", done))
        engine = through_the_engine(
            system,
            faults=min(faults, SHORT) if recorded else faults,
            seed=seed,
            struck=lambda done: told("faults through the engine", done),
        )
    version = _version(subject)
    if recorded and engine is not None:
        record = read_record(subject)
        record = record if record is not None and record.version == version else None
    rules = load_rules()
    struck, unharmed = survived(alone, engine, record, recorded=recorded)
    earned = grade(findings, rules, faults=struck, unharmed=unharmed)
    return Certificate(system, version, earned, findings, alone, engine, record, rules)


def keep(result: Certificate) -> Path:
    """Write the counts of the torture through the engine into ``quality.toml``. Returns: the file.

    Raises: ConfigError when there was no such torture.
    """
    damage = result.engine
    if damage is None:
        raise ConfigError(f"There is nothing to record: no torture through the engine was run for {result.system}.")
    counted = Record(
        version=result.version,
        on=datetime.now(UTC).date(),
        faults=damage.faults,
        seed=damage.seed,
        written=damage.written,
        duplicates=damage.duplicates,
        lost=damage.lost,
        others=max(0, len(damage.problems) - damage.duplicates - damage.lost),
    )
    return write_record(subject_of(result.system), result.system, counted)


def survived(
    alone: "Damage | None", engine: "Damage | None", record: Record | None, *, recorded: bool
) -> tuple[int, bool]:
    """How many faults each torture survived at least, and whether none did harm."""
    ran = [damage for damage in (alone, engine) if damage is not None]
    counts = [damage.faults for damage in ran]
    unharmed = bool(ran) and all(damage.ok for damage in ran)
    if engine is not None and recorded:
        counts[-1] = 0 if record is None else record.faults
        unharmed = unharmed and record is not None and record.is_clean()
    return min(counts, default=0), unharmed


def subject_of(system: str) -> Any:
    """The conformance class of an installed connector.

    Raises: ConfigError when there is none, PluginError when it cannot be loaded or is no SystemConformance.
    """
    from mlc.testing.conformance import SystemConformance

    found = [entry for entry in entry_points(group=GROUP) if entry.name == system]
    if not found:
        there = ", ".join(sorted({entry.name for entry in entry_points(group=GROUP)})) or "none"
        raise ConfigError(
            f"{system!r} brings no conformance class: its package needs an entry point in {GROUP} (there are: {there})."
        )
    loaded = _loaded(found[0])
    if not (isinstance(loaded, type) and issubclass(loaded, SystemConformance)):
        raise PluginError(f"{found[0].value} is no SystemConformance.", system=system)
    if loaded.system != system:
        raise PluginError(f"{found[0].value} is about {loaded.system!r}, not {system!r}.", system=system)
    return loaded


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except (ImportError, AttributeError, TypeError, SyntaxError) as error:
        raise PluginError(f"{entry.value} cannot be loaded: {error}.", repr(error)) from error


def _tortured(subject: Any, faults: int, *, seed: int, struck: Callable[[int], None]) -> "Damage | None":
    from mlc.testing.conformance.bench import Bench
    from mlc.testing.torture import torture

    bench = Bench(subject)
    subject.bench = bench
    try:
        if bench.calls_nobody or bench.url is None:
            return None
        return torture(bench, faults, seed=seed, struck=struck)
    finally:
        bench.close()


def _version(subject: Any) -> str:
    from mlc.testing.connecting import plugins_of

    return plugins_of(subject.system).system(subject.system).version
