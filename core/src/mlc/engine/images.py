"""A document's image: fetched before anything is noted as sending, sent after its document, never in its way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import parse_stamp
from mlc.contract import Attachment, Operation, RenderedPart
from mlc.engine.booking import Booking
from mlc.engine.intents import IMAGE_PART, Intent
from mlc.engine.plans import Plan
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tally import Tally
from mlc.errors import AuthError, MlcError, StoreError, TransientError
from mlc.recipes import Flow
from mlc.records import Bill, MoneyDocument
from mlc.system import Capability

#: A file whose source does not answer is asked for by every run, for so long.
GIVEN_UP_AFTER = timedelta(days=1)


def image_part(session: Session, flow: Flow, plan: Plan) -> RenderedPart | None:
    """The part that sends the document's first picture or PDF, once; None when there is none to send."""
    if not flow.with_image or plan.operation is not Operation.CREATE or not isinstance(plan.rendered, Bill):
        return None
    if not session.system(plan.side).can(flow.object, Capability.ATTACH):
        return None
    if not any(file.is_image_of_document for file in plan.rendered.attachments):
        return None
    return RenderedPart(IMAGE_PART, Operation.CREATE, b"", after="main", action="attachment")


def wants_file(session: Session, intent: Intent) -> bool:
    """Whether it goes together with a file, which is fetched before it is noted as sending."""
    if intent.part == IMAGE_PART:
        return True
    support = session.system(intent.side).support(intent.object_type)
    creates = intent.part == "main" and intent.operation is Operation.CREATE
    return creates and support is not None and support.needs_file


@contextmanager
def fetched(
    session: Session, flow: Flow, group: Sequence[Intent], tally: Tally, put_off: set[str]
) -> Iterator[dict[str, Attachment]]:
    """The files of a group, by intent. What cannot be had just now is put off to a later run, for a day; an image that
    cannot be had at all is given up, and its bill stands; what cannot be made without its file is held."""
    files: dict[str, Attachment] = {}
    try:
        for intent in group:
            if wants_file(session, intent):
                file = _fetch(session, flow, intent, tally, put_off)
                if file is not None:
                    files[intent.id] = file
        yield files
    finally:
        for file in files.values():
            Path(file.path).unlink(missing_ok=True)


def _fetch(session: Session, flow: Flow, intent: Intent, tally: Tally, put_off: set[str]) -> Attachment | None:
    document = intent.rendered
    if not isinstance(document, MoneyDocument):
        return None
    image = next(file for file in document.attachments if file.is_image_of_document)
    try:
        found = session.call(flow.source, "mlc_attachment", document_id=document.source.source_id, attachment=image)
    except (AuthError, StoreError):
        raise
    except MlcError as error:
        now = session.clock.now()
        assert intent.created_at is not None
        if isinstance(error, TransientError) and now - parse_stamp(intent.created_at) < GIVEN_UP_AFTER:
            put_off.add(intent.id)
            return None
        booking = Booking(session, now, tally)
        sentence = f"its picture could not be fetched: {error.sentence}"
        booking.supersede(intent, sentence)
        if intent.part != IMAGE_PART:
            waits = f"{intent.object_type.value}:{intent.source_id}"
            booking.hold(intent.record_id, Hold(HoldCode.MANDATORY_FIELD, sentence, Waits.PERSON, waits), intent)
            booking.record(intent.record_id, RecordState.HELD, reason=sentence)
        booking.commit()
        return None
    assert isinstance(found, Attachment)
    return found
