"""What renderings share: codes, names, the touch that makes Basware look again. Pure."""

from collections.abc import Mapping
from typing import Any

from mlc import Binding, Loss, Operation, RenderContext, Rendered, RenderedPart
from mlc.errors import MappingError
from mlc.records import Record

from mlc_basware import SYSTEM
from mlc_basware.codes import code_of, shortened, tail_of
from mlc_basware.entities import Resource
from mlc_basware.openrecords import EXTERNAL_CODE, company_entries, open_record
from mlc_basware.settings import BaswareSettings, prefix_of
from mlc_basware.wire import Body, Json

#: A repeated name in one more language changes a record and nothing that anybody reads.
TOUCHES = ("en-GB", "en-AU", "en-CA", "en-IE", "en-NZ")


def external_code(settings: BaswareSettings, context: RenderContext, binding: Binding | None, *, kind: str = "") -> str:
    """The record's key at Basware: that of the record it is bound to, else made of ours."""
    shown = None if binding is None or binding.base is None else binding.base.source.source_ids.get(EXTERNAL_CODE)
    return shown or code_of(prefix_of(settings), context.record_key, kind=kind)


def business_code(stated: str | None, context: RenderContext, most: int) -> str:
    """The record's own code, else the source's id; shortened where it is too long."""
    return shortened(stated or tail_of(context.record_key), most)


def names(settings: BaswareSettings, context: RenderContext, name: str, most: int = 250) -> list[Body]:
    """A name in the language of the settings, always in en-US too; one language more after a refusal (R9)."""
    languages = list(dict.fromkeys(["en-US", settings.language]))
    if context.refusals:
        languages += [TOUCHES[(context.refusals - 1) % len(TOUCHES)]]
    text = name if len(name) >= 2 else f"{name}."
    return [{"language": language, "translation": text[:most]} for language in dict.fromkeys(languages)]


def touched(text: str, context: RenderContext) -> str:
    """A text that differs after every refusal, since a record that equals the last one is not passed on (R9)."""
    return f"{text} ~{context.refusals}" if context.refusals else text


def wanted(context: RenderContext, *fields: str) -> bool:
    """Whether one of these fields is to be written."""
    return context.fields is None or bool(context.fields & set(fields))


def master(
    resource: Resource,
    settings: BaswareSettings,
    context: RenderContext,
    own: Mapping[str, Json],
    *,
    active: bool,
    action: str | None = None,
    losses: tuple[Loss, ...] = (),
) -> Rendered:
    """A record of master data, open for what is not ours. Deactivation is ``active`` False, never a deletion."""
    alive = active and context.operation is not Operation.VOID
    companies = company_entries(resource, settings.company_codes, active=alive, inherits=settings.inherit_to_children)
    payload = open_record(dict(own), companies)
    return Rendered((RenderedPart("main", context.operation, payload, action=action),), losses)


def refuse(record: Record, field: str, sentence: str) -> MappingError:
    return MappingError(sentence, f"{record.object_type}", field=field, system=SYSTEM)


def losses_of(record: Any, unplaced: Mapping[str, str], context: RenderContext) -> tuple[Loss, ...]:
    """Fields with a value that Basware has no place for."""
    return tuple(
        Loss(name, reason)
        for name, reason in unplaced.items()
        if wanted(context, name) and getattr(record, name, None) not in (None, (), "", {})
    )
