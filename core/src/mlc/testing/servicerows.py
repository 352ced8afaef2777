"""What the tiny service stores: rows in collections, with versions, a clock and an append-only log."""

import json
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

#: Without these a row is refused.
REQUIRED = {"vendors": "name", "bills": "number"}
OWN = ("id", "version", "updated_at")


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message, **more}


class Shelf:
    """Rows of all collections. One request at a time is inside."""

    def __init__(self, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        self.lock = threading.RLock()
        self.log: list[dict[str, Any]] = []
        self._ahead = timedelta()
        self._last = datetime.min.replace(tzinfo=UTC)
        self._next = 1000
        self._rows: dict[str, dict[str, Row]] = {}
        self._gone: dict[str, dict[str, Row]] = {}
        self._answered: dict[str, tuple[bytes, Row]] = {}
        for name, given in rows.items():
            self._rows[name] = {}
            for row in given:
                self._keep(name, dict(row), op="seed", fresh="updated_at" not in row)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def names(self) -> tuple[str, ...]:
        return tuple(self._rows)

    def rows(self, name: str) -> list[Row]:
        """Copies of the rows as stored, oldest change first."""
        with self.lock:
            return sorted((dict(row) for row in self._collection(name).values()), key=_order)

    def listed(self, name: str, query: Mapping[str, str]) -> list[Row]:
        """Rows that a list shows: changes since a moment with what was deleted, or those of the given values."""
        since = query.get("updated_since")
        found = [*self.rows(name), *(dict(row) for row in self._gone.get(name, {}).values() if since is not None)]
        if since is not None:
            start = _moment(since)
            found = [row for row in found if _moment(str(row["updated_at"])) >= start]
        wanted = {key: value for key, value in query.items() if key not in ("page", "per_page", "updated_since")}
        found = [row for row in found if all(str(row.get(key)) == value for key, value in wanted.items())]
        return sorted(found, key=_order)

    def one(self, name: str, row_id: str) -> Row:
        found = self._collection(name).get(row_id)
        if found is None:
            raise Refusal(404, "not_found", f"There is no {row_id} in {name}.")
        return dict(found)

    def create(self, name: str, row: Row, *, key: str | None = None) -> Row:
        """A new row. ``key``: the same one with the same content gets the first answer again."""
        text = json.dumps(row, sort_keys=True, default=str).encode()
        if key is not None and key in self._answered:
            before, answer = self._answered[key]
            if before != text:
                raise Refusal(409, "key_reused", "That key was used with another body.")
            return answer
        self._complete(name, row)
        ours = row.get("external_key")
        twin = next((other for other in self._collection(name).values() if ours and other.get("external_key") == ours),
                    None)  # fmt: skip
        if twin is not None:
            raise Refusal(409, "duplicate", "A row with that external_key exists.", field="external_key", id=twin["id"])
        made = self._keep(name, {key: value for key, value in row.items() if key not in OWN}, op="create")
        if key is not None:
            self._answered[key] = (text, made)
        return made

    def change(self, name: str, row_id: str, row: Row, *, version: str | None = None) -> Row:
        """Replace the given fields of a row. Raises Refusal 412 for another version than the one stored."""
        stored = self.one(name, row_id)
        if version is not None and version.strip('"') != str(stored["version"]):
            raise Refusal(412, "conflict", f"The row has version {stored['version']}.")
        merged = {**stored, **{key: value for key, value in row.items() if key not in OWN}}
        self._complete(name, merged)
        return self._keep(name, merged, op="update")

    def remove(self, name: str, row_id: str) -> None:
        stored = self.one(name, row_id)
        del self._collection(name)[row_id]
        self._gone.setdefault(name, {})[row_id] = {"id": row_id, "deleted": True, "updated_at": self._stamp()}
        self.log.append({"op": "delete", "type": name, "id": stored["id"]})

    def _collection(self, name: str) -> dict[str, Row]:
        if name not in self._rows:
            raise Refusal(404, "not_found", f"There is no collection {name}.")
        return self._rows[name]

    def _complete(self, name: str, row: Row) -> None:
        needed = REQUIRED.get(name)
        if needed is not None and not row.get(needed):
            raise Refusal(422, "invalid", f"{needed} is missing.", field=needed)

    def _keep(self, name: str, row: Row, *, op: str, fresh: bool = True) -> Row:
        if "id" not in row:
            self._next += 1
            row["id"] = str(self._next)
        row["id"] = str(row["id"])
        row["version"] = int(row.get("version", 0)) + (0 if op == "seed" and "version" in row else 1)
        if fresh:
            row["updated_at"] = self._stamp()
        self._rows[name][row["id"]] = row
        if op != "seed":
            self.log.append({"op": op, "type": name, "id": row["id"]})
        return dict(row)

    def _stamp(self) -> str:
        """The clock, never the same twice."""
        self._last = max(self.now(), self._last + timedelta(microseconds=1))
        return self._last.isoformat(timespec="microseconds")


def _order(row: Row) -> tuple[datetime, str]:
    return _moment(str(row["updated_at"])), str(row["id"])


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, "invalid", "That is no moment.", field="updated_since") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
