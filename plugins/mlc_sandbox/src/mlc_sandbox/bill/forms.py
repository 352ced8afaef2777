"""Reading a JSON body: every field checked, everything wrong told at once, unknown fields as the switch has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.bill.refusals import Problem, Refusal, refused
from mlc_sandbox.bill.wire import amount_of, day_of
from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.views import kept_of

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn


def parsed(request: Request) -> Any:
    """The body as JSON. Raises Refusal for one that is none."""
    try:
        return request.json() if request.body else {}
    except ValueError:
        raise refused(400, "BDC_1122") from None


def form_of(standin: BillStandIn, request: Request) -> Form:
    """The body as one object."""
    sent = parsed(request)
    if not isinstance(sent, dict):
        raise refused(400, "BDC_1122")
    return Form(kept_of(standin, request, sent), standin.switches)


def forms_of(standin: BillStandIn, request: Request, *, most: int) -> list[Form]:
    """The body as a bare array of objects, at most so many."""
    sent = parsed(request)
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
        raise refused(400, "BDC_1122")
    if not sent or len(sent) > most:
        raise refused(400, "BDC_1143", f"List size must be between 1 and {most}.")
    return [Form(kept_of(standin, request, one), standin.switches) for one in sent]


class Form:
    """One object of a body. What is wrong is kept until ``done`` says it all."""

    def __init__(self, sent: dict[str, Any], switches: dict[str, Any], *, path: str = "") -> None:
        self.sent = sent
        self._switches = switches
        self._path = path
        self._asked: set[str] = set()
        self._parts: list[Form] = []
        self.problems: list[Problem] = []

    def __contains__(self, name: str) -> bool:
        self._asked.add(name)
        return self.sent.get(name) is not None

    def wrong(self, name: str, message: str, code: str | None = None) -> None:
        """Note a problem with a field."""
        category = "REQUEST" if code is None else "DOWNSTREAM"
        self.problems.append(Problem(f"{self._path}{name}: {message}", code, category))

    def text(self, name: str, *, most: int | None = None, required: bool = False) -> str | None:
        """A text, None when it was not sent."""
        value = self._value(name, required, "must not be blank")
        if value is None:
            return None
        if not isinstance(value, str):
            self.wrong(name, "must be a string")
            return None
        if required and not value.strip():
            self.wrong(name, "must not be blank")
        if most is not None and len(value) > most:
            self.wrong(name, f"size must be between 0 and {most}")
        return value

    def choice(self, name: str, options: Iterable[str]) -> str | None:
        """One of several words."""
        value = self.text(name)
        if value is not None and value not in (allowed := list(options)):
            self.wrong(name, f"must be one of {', '.join(allowed)}")
        return value

    def day(self, name: str, *, required: bool = False) -> str | None:
        """A plain date."""
        value = self._value(name, required, "must not be null")
        if value is None:
            return None
        day = day_of(value)
        if day is None:
            self.wrong(name, "must be a date in the form yyyy-MM-dd")
        return day

    def amount(self, name: str, *, required: bool = False) -> Decimal | None:
        """A JSON number."""
        value = self._value(name, required, "must not be null")
        if value is None:
            return None
        amount = None if isinstance(value, str) else amount_of(value)
        if amount is None:
            self.wrong(name, "must be a number")
        return amount

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self._value(name, False, "")
        if value is not None and not isinstance(value, bool):
            self.wrong(name, "must be a boolean")
            return None
        return value

    def part(self, name: str, *, required: bool = False) -> Form | None:
        """A nested object."""
        value = self._value(name, required, "must not be null")
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(name, "must be an object")
            return None
        return self._inner(value, f"{self._path}{name}.")

    def rows(self, name: str, *, required: bool = False) -> list[Form] | None:
        """A list of nested objects."""
        value = self._value(name, required, "must not be empty")
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.wrong(name, "must be a list of objects")
            return None
        if required and not value:
            self.wrong(name, "must not be empty")
        return [self._inner(one, f"{self._path}{name}[{place}].") for place, one in enumerate(value)]

    def texts(self, name: str) -> list[str] | None:
        """A list of texts."""
        value = self._value(name, False, "")
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.wrong(name, "must be a list of strings")
            return None
        return list(value)

    def done(self, *, also: Sequence[str] = ()) -> None:
        """Refuse with everything that is wrong, in this object and inside; ``also`` are fields that are read-only."""
        problems = self.found(also)
        if problems:
            raise Refusal(400, *problems)

    def found(self, also: Sequence[str] = ()) -> list[Problem]:
        """What is wrong so far."""
        problems = list(self.problems)
        if self._switches["unknown_fields"] == "refuse":
            unknown = sorted(set(self.sent) - self._asked - set(also))
            problems += [Problem(f"{self._path}{name}: unrecognized field", "BDC_1119") for name in unknown]
        return problems + [problem for part in self._parts for problem in part.found()]

    def _inner(self, value: dict[str, Any], path: str) -> Form:
        part = Form(value, self._switches, path=path)
        self._parts.append(part)
        return part

    def _value(self, name: str, required: bool, absent: str) -> Any:
        self._asked.add(name)
        value = self.sent.get(name)
        if value is None and required:
            self.wrong(name, absent)
        return value
