"""What is read of a document before it is bound as it stands."""

from types import SimpleNamespace

import pytest
from mlc.contract import SourceRecord
from mlc.engine.adoption import _read_whole
from mlc.records import ObjectType
from mlc.system import Capability, ObjectSupport, System


def session_with(**own):
    support = ObjectSupport(ObjectType.BILL, frozenset({Capability.READ}), **own)
    system = SimpleNamespace(objects=(support,))
    system.support = lambda kind: System.support(system, kind)
    asked = []

    def read(_side, _kind, ids):
        asked.append(list(ids))
        return [SourceRecord(one, "1", {"Id": one}) for one in ids]

    return SimpleNamespace(system=lambda _side: system, read=read), asked


@pytest.mark.parametrize(
    ("own", "reads"),
    [
        ({"complete_in_list": False}, [["a", "b"]]),
        ({"complete_in_list": True, "read_batch": 200}, [["a", "b"]]),
        ({"complete_in_list": True}, []),
    ],
)
def test_an_adopted_document_is_read_whole_where_that_is_cheap_or_needed(own, reads):
    session, asked = session_with(**own)
    flow = SimpleNamespace(target="right", object=ObjectType.BILL)
    found = _read_whole(session, flow, ["b", "a", "b"])
    assert asked == reads
    assert sorted(found) == (["a", "b"] if reads else [])


def test_parties_are_bound_by_what_the_list_shows():
    session, asked = session_with(complete_in_list=False)
    assert _read_whole(session, SimpleNamespace(target="right", object=ObjectType.VENDOR), ["a"]) == {}
    assert asked == []
