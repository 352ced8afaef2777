"""Writes without HTTP, under the same permit as any other (R1, R3, R10)."""

import pytest
from mlc.errors import PluginError
from mlc.http import LateError, PermitState, VendorClient, Verdict, boottime


@pytest.fixture
def client() -> VendorClient:
    return VendorClient("files", "folder", hosts=("folder.example",))


def test_a_local_write_outside_a_permit_is_refused(client: VendorClient) -> None:
    done = []
    with pytest.raises(PluginError, match="outside a permit"), client.local_write(b"x"):
        done.append(1)
    assert not done
    assert client.calls.writes == 0


def test_a_block_that_ends_has_been_answered(client: VendorClient) -> None:
    with client.permit("w1") as permit:
        assert permit.state is PermitState.NOT_STARTED
        with client.local_write(b"x"):
            assert permit.state is PermitState.STARTED
    assert permit.verdict() is Verdict.ANSWERED_2XX
    assert client.calls.writes == 1


@pytest.mark.parametrize("error", [OSError("disk"), KeyError("bug"), KeyboardInterrupt()])
def test_a_block_that_raises_leaves_the_write_uncertain(client: VendorClient, error: BaseException) -> None:
    with pytest.raises(type(error)), client.permit("w1") as permit, client.local_write(b"x"):
        raise error
    assert permit.verdict() is Verdict.UNCERTAIN
    assert client.calls.writes == 1


def test_what_fails_before_the_block_was_surely_not_written(client: VendorClient) -> None:
    with pytest.raises(OSError, match="disk"), client.permit("w1") as permit:
        raise OSError("disk")
    assert permit.verdict() is Verdict.SURELY_NOT_SENT


def test_one_permit_is_for_one_write(client: VendorClient) -> None:
    with client.permit("w1") as permit:
        with client.local_write(b"x"):
            pass
        with pytest.raises(PluginError, match="second mutating request"), client.local_write(b"x"):
            raise AssertionError("the second write was let through")
        with pytest.raises(PluginError, match="second mutating request"):
            client.post("https://folder.example/bills", content=b"x")
    assert permit.verdict() is Verdict.ANSWERED_2XX
    assert client.calls.writes == 1


def test_only_the_stored_bytes_may_be_written(client: VendorClient) -> None:
    with client.permit("w1", payload=b"stored") as permit:
        with pytest.raises(PluginError, match="other bytes"), client.local_write(b"other"):
            raise AssertionError("other bytes were let through")
        assert permit.verdict() is Verdict.SURELY_NOT_SENT
        with client.local_write(b"stored"):
            pass
    assert permit.verdict() is Verdict.ANSWERED_2XX


def test_a_late_write_is_not_begun(client: VendorClient) -> None:
    late = client.permit("w1", not_after_boottime=boottime() - 1)
    with pytest.raises(LateError), late as permit, client.local_write(b"x"):
        raise AssertionError("it was let through")
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert client.calls.writes == 0
