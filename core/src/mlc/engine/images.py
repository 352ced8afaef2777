"""A document's image: fetched before anything is noted as sending, sent after its document, never in its way."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mlc.contract import Attachment, Operation, RenderedPart
from mlc.engine.booking import Booking
from mlc.engine.intents import IMAGE_PART, Intent
from mlc.engine.plans import Plan
from mlc.engine.session import Session
from mlc.engine.tally import Tally
from mlc.errors import AuthError, MlcError
from mlc.recipes import Flow
from mlc.records import Bill, VendorCredit
from mlc.system import Capability


def image_part(session: Session, flow: Flow, plan: Plan) -> RenderedPart | None:
    """The part that sends the document's first picture or PDF, once; None when there is none to send."""
    if not flow.with_image or plan.operation is not Operation.CREATE or not isinstance(plan.rendered, Bill):
        return None
    if not session.system(plan.side).can(flow.object, Capability.ATTACH):
        return None
    if not any(file.is_image_of_document for file in plan.rendered.attachments):
        return None
    return RenderedPart(IMAGE_PART, Operation.CREATE, b"", after="main", action="attachment")


@contextmanager
def fetched(session: Session, flow: Flow, group: Sequence[Intent], tally: Tally) -> Iterator[dict[str, Attachment]]:
    """The files of a group's image parts, by intent; one that cannot be had is given up, and its bill stands."""
    files: dict[str, Attachment] = {}
    try:
        for intent in group:
            if intent.part == IMAGE_PART:
                file = _fetch(session, flow, intent, tally)
                if file is not None:
                    files[intent.id] = file
        yield files
    finally:
        for file in files.values():
            Path(file.path).unlink(missing_ok=True)


def _fetch(session: Session, flow: Flow, intent: Intent, tally: Tally) -> Attachment | None:
    document = intent.rendered
    if not isinstance(document, Bill | VendorCredit):
        return None
    image = next(file for file in document.attachments if file.is_image_of_document)
    try:
        found = session.call(flow.source, "mlc_attachment", document_id=document.source.source_id, attachment=image)
    except AuthError:
        raise
    except MlcError as error:
        booking = Booking(session, session.clock.now(), tally)
        booking.supersede(intent, f"the image could not be fetched: {error.sentence}")
        booking.commit()
        return None
    assert isinstance(found, Attachment)
    return found
