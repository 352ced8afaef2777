"""What renderings of several entities share: losses, currency ids, rates, custom fields, texts within limits. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mlc import Binding, Loss, RenderContext
from mlc.errors import MappingError
from mlc.records import DimensionKind, DimensionValue, MoneyDocument, ObjectType, Ref, exponent
from mlc.wire import Json

from mlc_zoho.books.settings import BooksSettings

Body = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Rendering:
    """One record on its way into Zoho's words; collects what has no place there."""

    settings: BooksSettings
    context: RenderContext
    binding: Binding | None
    losses: list[Loss] = field(default_factory=list)

    @property
    def updating(self) -> bool:
        return self.binding is not None

    def lose(self, name: str, reason: str) -> None:
        """Note a field that had data and no place."""
        self.losses.append(Loss(name, reason))

    def precision(self, currency: str | None) -> int:
        """Decimals that the organisation keeps of amounts in a currency."""
        stated = self.context.probe.extra.get(f"precision:{currency}")
        return int(stated) if stated is not None else exponent(currency)

    def currency(self, document: MoneyDocument) -> Body:
        """Currency and rate: the id always, the rate only for a foreign document.

        Raises: MappingError when the organisation does not have the currency.
        """
        code, probe = document.currency, self.context.probe
        if code is None:
            return {}
        currency_id = probe.extra.get(f"currency:{code}")
        found: Body = {"currency_id": currency_id} if currency_id is not None else {}
        if code == probe.base_currency:
            return found
        if currency_id is None:
            raise MappingError(
                f"Zoho Books has no currency {code}: add it under Settings, Currencies.", field="currency"
            )
        rate = document.exchange_rate
        if rate is None:
            self.lose("exchange_rate", f"none is stated for {code}; Zoho Books takes its own of the day")
            return found
        return {**found, "exchange_rate": rate.value}

    def clipped(self, name: str, value: str | None, most: int) -> str | None:
        """A text within the field's limit; what is cut off is a loss."""
        if value is None or len(value) <= most:
            return value
        self.lose(name, f"longer than the {most} characters that Zoho Books keeps; cut")
        return value[:most]

    def custom_fields(self, *, issue_date: date | None = None) -> Body:
        """Our key in the unique field, and the supplier's date where a field is named for it."""
        fields: list[Json] = []
        if self.context.use_unique_field and not self.updating:
            fields.append({"api_name": self.settings.unique_field, "value": self.context.record_key})
        if issue_date is not None and self.settings.issue_date_field is not None:
            fields.append({"api_name": self.settings.issue_date_field, "value": issue_date})
        return {"custom_fields": fields} if fields else {}

    def dimensions(self, values: tuple[DimensionValue, ...], place: str) -> Body:
        """Reporting tags, a location, a project. What has no target id is a loss."""
        tags: list[Json] = []
        found: Body = {}
        for value in values:
            if value.source_id is None:
                self.lose(f"{place}.dimensions", f"{value.kind} {value.name or value.code} has no counterpart")
            elif value.set_id is not None:
                tags.append({"tag_id": value.set_id, "tag_option_id": value.source_id})
            elif value.kind in _SINGLE:
                found[_SINGLE[value.kind]] = value.source_id
            else:
                self.lose(f"{place}.dimensions", f"{value.kind} {value.name or value.code} belongs to no reporting tag")
        return {**found, "tags": tags} if tags else found


_SINGLE: Mapping[DimensionKind, str] = {
    DimensionKind.LOCATION: "location_id",
    DimensionKind.PROJECT: "project_id",
    DimensionKind.CUSTOMER: "customer_id",
}


def required_id(ref: Ref | None, field_name: str) -> str:
    """The target's id of a reference that Zoho insists on. Raises MappingError."""
    if ref is None or ref.source_id is None:
        raise MappingError(f"Zoho Books needs the {field_name}, and none is known there.", field=field_name)
    return ref.source_id


def location_id(document: MoneyDocument) -> str | None:
    """The document's own location, where its entity is one of the target's dimensions."""
    entity = document.entity
    return entity.source_id if entity is not None and entity.record_type is ObjectType.DIMENSION else None


def ledger_day(document: MoneyDocument, context: RenderContext) -> date | None:
    """The one date Zoho keeps: the ledger date, unless it was moved into an open period on purpose."""
    moved = context.overrides.get("moved_to")
    return date.fromisoformat(moved) if moved else document.ledger_date


def decimals_of(value: Decimal) -> int:
    """Digits after the point that matter: 2 for 1.50 is 1."""
    exponent_of = value.normalize().as_tuple().exponent
    return max(0, -exponent_of) if isinstance(exponent_of, int) else 0


def filled(body: Mapping[str, Json | None]) -> Body:
    """The body without empty fields."""
    return {key: value for key, value in body.items() if value is not None}
