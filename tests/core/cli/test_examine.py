"""The doctor's finer checks."""

from pathlib import Path

import pytest
from mlc.cli.examine import NETWORK, file_system
from mlc.cli.overlaps import overlap
from mlc.config import Config
from mlc.recipes import Flow, FlowMode, Pairing, Policy, Side
from mlc.records import ObjectType


def _pairing(name: str, left: str, right: str, **changes: object) -> Pairing:
    flow = Flow.model_validate({"name": "bills", "object": ObjectType.BILL, "source": Side.LEFT, **changes})
    return Pairing(name=name, recipe="r", left=left, right=right, policy=Policy(), flows=(flow,))


def _config(*pairings: Pairing) -> Config:
    named = {pairing.name: pairing for pairing in pairings}
    return Config(path=Path("mlc.toml"), home=Path(), database="mlc.db", pairings=named)


def test_a_chain_of_pairings_is_fine() -> None:
    assert overlap(_config(_pairing("one", "a", "b"), _pairing("two", "b", "c"))) is None


def test_two_pairings_that_create_one_type_in_one_connection_are_refused() -> None:
    problem = overlap(_config(_pairing("one", "a", "c"), _pairing("two", "b", "c")))
    assert problem == "one and two both create bill in c; leave it to one of them."


@pytest.mark.parametrize(
    ("companies", "others", "told"),
    [
        (("FI10",), ("FI20",), None),
        (("FI10", "FI20"), ("FI20", "FI30"), "one and two both see FI20 of c by their scope; leave each company to"),
        (("FI10",), (), "one and two both create bill in c; leave it to one of them."),
    ],
)
def test_two_pairings_share_a_connection_when_each_has_its_own_companies(
    companies: tuple[str, ...], others: tuple[str, ...], told: str | None
) -> None:
    pairings = [
        one.model_copy(update={"policy": Policy(scope={Side.RIGHT: scope})})
        for one, scope in ((_pairing("one", "a", "c"), companies), (_pairing("two", "b", "c"), others))
    ]
    problem = overlap(_config(*pairings))
    assert (problem is None) if told is None else (problem or "").startswith(told)


def test_two_pairings_that_are_handed_the_same_documents_are_refused() -> None:
    kinds = {"object": ObjectType.DOCUMENT_REPORT}
    problem = overlap(_config(_pairing("one", "a", "c", **kinds), _pairing("two", "b", "c", **kinds)))
    assert problem == "one and two both take documents from c; name the companies of each in its scope."


def test_one_tenants_documents_are_taken_once_by_whichever_connection() -> None:
    kinds = {"object": ObjectType.DOCUMENT_REPORT}
    tenants = {"c": "vendor: t", "d": "vendor: t"}
    one, two = _pairing("one", "a", "c", **kinds), _pairing("two", "b", "d", **kinds)
    assert overlap(_config(one, two)) is None
    assert overlap(_config(one, two), tenants) == (
        "one and two both take documents from c and d; name the companies of each in its scope."
    )
    first, second, third = (Policy(scope={Side.RIGHT: codes}) for codes in (("FI10",), ("FI20",), ("FI10", "FI30")))
    one = one.model_copy(update={"policy": first})
    assert overlap(_config(one, two.model_copy(update={"policy": second})), tenants) is None
    assert overlap(_config(one, two.model_copy(update={"policy": third})), tenants) == (
        "one and two both see FI10 of c and d by their scope; leave each company to one of them."
    )


def test_a_ring_is_refused() -> None:
    pairings = [_pairing("one", "a", "b"), _pairing("two", "b", "c"), _pairing("three", "c", "a")]
    assert overlap(_config(*pairings)) == (
        "three closes a ring of bill over a, b, c; switch that flow off in one of them."
    )


@pytest.mark.parametrize("changes", [{"mode": FlowMode.OFF}, {"mode": FlowMode.MATCH}])
def test_what_is_not_carried_closes_no_ring(changes: dict[str, object]) -> None:
    pairings = [_pairing("one", "a", "b"), _pairing("two", "b", "c"), _pairing("three", "c", "a", **changes)]
    assert overlap(_config(*pairings)) is None


def test_the_file_system_is_that_of_the_closest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/share {tmp_path / 'nfs'} nfs4 rw 0 0\n")
    assert file_system(tmp_path / "nfs" / "deep" / "mlc.db", mounts) in NETWORK
    assert file_system(tmp_path / "local.db", mounts) == "ext4"
    assert file_system(tmp_path / "local.db", tmp_path / "nowhere") is None
