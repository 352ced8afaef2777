"""One run of a strategy's world in a process of its own, as ``once`` does it for the searching ones."""

from pathlib import Path

from mlc.config import Config, ConnectionConfig
from mlc.plugins import Found, Plugins
from mlc.recipes import Flow, FlowMode, Maps, Owner, Pairing, Policy, Side
from mlc.records import ObjectType
from mlc_sandbox.torture.desk import NAME

from faultbench import once
from faultbench.filedesk import FileDesk
from faultbench.targets import DAY, TARGETS, Target
from tests.core.writes.drydock import Drydock

#: Quarantine of the strategies that have one, and a deadline that a loaded machine can keep.
TIMING = {"applies_within_s": 1.0, "visible_within_s": 0.5, "request_deadline_s": 3.0}
_LEFT = Owner.LEFT
_MONEY = ("number", "vendor", "currency", "amount", "issue_date", "lines_text", "coding", "tax")


def main(home: Path, ahead_s: float, name: str, url: str) -> int:
    """Run once, accept every plan, report. Returns the exit code of ``mlc run``."""
    target = TARGETS[name]
    plugins = plugins_of(target, home)
    return once.run_once(config_of(target, home, url), plugins, ahead_s)


def plugins_of(target: Target, home: Path) -> Plugins:
    found = [one for one in once.PLUGINS.found if one.name == target.system]
    if target.system == "drydock":
        plugin = Drydock(strategy=target.strategy, batch=target.batch, later=target.later)
        found = [Found("drydock", plugin)]
    return Plugins([*found, Found(NAME, FileDesk(home / "desk.json"))])


def config_of(target: Target, home: Path, url: str) -> Config:
    """Everything of the desk's is written, but a vendor that the target knows from before."""
    account = (home / "account").read_text(encoding="utf-8")
    knows_vendors = ObjectType.BILL in target.kinds
    policy = Policy(
        since=DAY,
        missing_vendor=FlowMode.HOLD if knows_vendors else FlowMode.WRITE,
        maps=Maps(accounts={account: account} if account and knows_vendors else {}),
    )
    pairing = Pairing(
        name=once.PAIRING, recipe=once.PAIRING, left=NAME, right=target.system, policy=policy, flows=flows_of(target)
    )
    connections = {
        NAME: ConnectionConfig(name=NAME, system=NAME),
        target.system: ConnectionConfig(
            name=target.system, system=target.system, settings={**target.settings, "endpoint": url}
        ),
    }
    return Config(
        path=home / "mlc.toml", home=home, database=str(home / "mlc.db"), connections=connections,
        pairings={once.PAIRING: pairing},
    )  # fmt: skip


def flows_of(target: Target) -> tuple[Flow, ...]:
    mode = FlowMode.WRITE if target.later else FlowMode.MATCH
    lists = {"owners": {"name": _LEFT}, "codes": {"*": "{code}"}} if target.later else {}
    flows = []
    for kind in target.kinds:
        if kind is ObjectType.ACCOUNT:
            flows.append(Flow(name="account", object=kind, source=Side.LEFT, mode=mode, **lists, **TIMING))
            continue
        if kind is ObjectType.VENDOR:
            mode = FlowMode.HOLD if ObjectType.BILL in target.kinds else FlowMode.WRITE
            owners = {"name": _LEFT, "currency": Owner.ONCE}
            flows.append(Flow(name="vendor", object=kind, source=Side.LEFT, mode=mode, owners=owners, **TIMING))
            continue
        owners = dict.fromkeys((*_MONEY, "due_date" if kind is ObjectType.BILL else "delivery_date"), _LEFT)
        image = kind is ObjectType.BILL
        flows.append(Flow(name=kind.value, object=kind, source=Side.LEFT, owners=owners, with_image=image, **TIMING))
    return tuple(flows)
