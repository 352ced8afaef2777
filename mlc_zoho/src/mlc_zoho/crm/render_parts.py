"""What renderings of several modules share: losses, fields that are there, mandatory ones, our key. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlc import Binding, Loss, Operation, RenderContext, RenderedPart
from mlc.errors import MappingError
from mlc.records import ObjectType
from mlc.wire import Json, encode

from mlc_zoho.crm.keys import fitted
from mlc_zoho.crm.settings import CrmSettings

Body = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Rendering:
    """One record on its way into Zoho CRM's words; collects what has no place there."""

    settings: CrmSettings
    context: RenderContext
    binding: Binding | None
    module: str
    kind: ObjectType
    losses: list[Loss] = field(default_factory=list)

    @property
    def updating(self) -> bool:
        return self.binding is not None

    @property
    def fields(self) -> frozenset[str]:
        """API names that this module has."""
        return frozenset(filter(None, self.context.probe.extra.get(f"fields:{self.module}", "").split(",")))

    @property
    def key(self) -> str:
        """Our key, as long as the unique field is."""
        most = self.context.probe.extra.get(f"key_length:{self.module}")
        return fitted(self.context.record_key, self.kind, None if most is None else int(most))

    def values(self, name: str) -> frozenset[str]:
        """Values of a picklist; empty when any may be written."""
        return frozenset(filter(None, self.context.probe.extra.get(f"values:{name}", "").split("\n")))

    def lose(self, name: str, reason: str) -> None:
        """Note a field that had data and no place."""
        self.losses.append(Loss(name, reason))

    def placed(self, name: str, api_name: str, value: Json) -> Body:
        """A value in its field. An emptied one is sent as null on an update and left out on a create; a field that
        the organisation does not have is a loss."""
        if value is None and not self.updating:
            return {}
        if api_name not in self.fields:
            if value is not None:
                self.lose(name, f"{self.module} has no field {api_name}")
            return {}
        return {api_name: value}

    def clipped(self, name: str, value: str | None, most: int) -> str | None:
        """A text within the field's limit; what is cut off is a loss."""
        if value is None or len(value) <= most:
            return value or None
        self.lose(name, f"longer than the {most} characters that Zoho CRM keeps; cut")
        return value[:most]

    def finished(self, body: Body) -> tuple[RenderedPart, ...]:
        """One part: our key and what a layout insists on with a create, the id with a change; none when nothing of it
        has a place."""
        if self.binding is not None:
            if not body:
                return ()
            operation = Operation.VOID if self.context.operation is Operation.VOID else Operation.UPDATE
            return (RenderedPart("main", operation, encode({"id": self.binding.main.external_id, **body})),)
        if self.context.use_unique_field:
            body = {**body, self.settings.unique_field: self.key}
        return (RenderedPart("main", Operation.CREATE, encode(self._completed(body))),)

    def _completed(self, body: Body) -> Mapping[str, Json]:
        """With the setting's values for mandatory fields that nothing else fills.

        Raises: MappingError for one that has none.
        """
        prefix = f"{self.module}."
        lookups = self.context.probe.extra.get(f"lookups:{self.module}", "").split(",")
        stated = {
            name.removeprefix(prefix): one for name, one in self.settings.defaults.items() if name.startswith(prefix)
        }
        given: Body = {
            name: {"id": one} if name in lookups else one for name, one in stated.items() if name not in body
        }
        whole = {**body, **given}
        mandatory = self.context.probe.extra.get(f"mandatory:{self.module}", "").split(",")
        empty = [name for name in mandatory if name and whole.get(name) is None]
        if empty:
            raise MappingError(
                f"Zoho CRM insists on {empty[0]} in {self.module}: give it a value with the connection's setting "
                f'defaults, e.g. defaults = {{ "{self.module}.{empty[0]}" = "…" }}.',
                field=empty[0],
            )
        return whole
