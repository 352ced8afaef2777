"""docs/smallest-source.md: the module on the page is installed as it stands there, and held to the standard checks."""

import inspect
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from typing import Any

import pytest
from mlc import FetchMode
from mlc.errors import AuthError, MappingError, RateLimitedError, TransientError
from mlc.plugins import Found, Plugins
from mlc.records import ObjectType, Vendor
from mlc.testing import Service, SystemConformance, open_test_connection
from mlc.testing import Vendor as Served
from mlc.testing.grading import load_rules

from .conftest import ROOT, fences

PAGE = (ROOT / "docs" / "smallest-source.md").read_text(encoding="utf-8")
(MODULE,) = fences(PAGE, "python")
PROJECT = tomllib.loads(fences(PAGE, "toml")[0])["project"]
ROWS = [{"name": f"Supplier {number}"} for number in range(1, 6)]


@pytest.fixture(scope="module", autouse=True)
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page's module, in a folder that looks like its installation."""
    site = tmp_path_factory.mktemp("site")
    (site / "mlc_tiny_books.py").write_text(MODULE, encoding="utf-8")
    info = site / f"mlc_tiny_books-{PROJECT['version']}.dist-info"
    info.mkdir()
    lines = f"Metadata-Version: 2.1\nName: {PROJECT['name']}\nVersion: {PROJECT['version']}\n"
    (info / "METADATA").write_text(lines, encoding="utf-8")
    ((name, value),) = PROJECT["entry-points"]["mlc.systems"].items()
    (info / "entry_points.txt").write_text(f"[mlc.systems]\n{name} = {value}\n", encoding="utf-8")
    sys.path.insert(0, str(site))
    invalidate_caches()
    yield import_module(value)
    sys.path.remove(str(site))
    del sys.modules[value]


class TinyBooks(SystemConformance):
    system = "tiny-books"
    secrets = {"token": "demo-token"}

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str]:
        with Service({"vendors": ROWS}, page_size=2) as service:
            yield service.url

    def touch(self, vendor: Served, object_type: ObjectType) -> str | None:
        """A person renames the first vendor."""
        first = vendor.get("objects/vendors")[0]["id"]
        vendor.post("objects/vendors", {"id": first, "name": "Renamed"})
        return str(first)

    def remove(self, vendor: Served, object_type: ObjectType) -> str | None:
        """A person makes a vendor and deletes it again."""
        made = vendor.post("objects/vendors", {"name": "Short-lived"})["id"]
        vendor.post("objects/vendors", {"id": made, "action": "delete"})
        return str(made)


BRONZE = load_rules().levels[0]


@pytest.mark.parametrize("check", sorted(BRONZE.checks))
def test_it_is_bronze(request: pytest.FixtureRequest, check: str) -> None:
    function = getattr(TinyBooks, check)
    fixtures = {name: request.getfixturevalue(name) for name in list(inspect.signature(function).parameters)[1:]}
    reason = "not applicable: "
    TinyBooks.setup_class()
    try:
        getattr(TinyBooks(), check)(**fixtures)
    except pytest.skip.Exception as skipped:
        reason = str(skipped)
    finally:
        TinyBooks.teardown_class()
    assert reason.startswith("not applicable: ")  # nothing that could be shown is left out


@pytest.mark.parametrize(
    "check",
    [
        "test_a_filter_that_the_vendor_ignores_is_checked_again",
        "test_the_watermark_is_the_vendors_clock_not_ours",
        "test_what_changes_during_a_pass_is_seen_by_the_next",
        "test_a_deleted_row_is_no_record",
        "test_odd_values_are_read_or_refused_but_never_crash",
        "test_after_too_many_calls_nothing_more_is_asked",
    ],
)
def test_what_the_page_says_is_not_cut_short(check: str) -> None:
    TinyBooks.setup_class()
    try:
        getattr(TinyBooks(), check)()
    finally:
        TinyBooks.teardown_class()


def test_it_has_sixty_lines() -> None:
    assert sum(1 for line in MODULE.splitlines() if line.strip()) <= 60
    assert f"**{BRONZE.name}**" in PAGE
    compile(MODULE, "mlc_tiny_books.py", "exec")


def test_it_reads_pages_changes_and_deletions_over_http(plugin: Any) -> None:
    plugins = Plugins([Found("tiny-books", plugin)])
    with Service({"vendors": ROWS}, page_size=2) as service:
        connection = open_test_connection(plugins, secrets={"token": "demo-token"}, url=service.url)
        call = {"connection": connection, "object_type": ObjectType.VENDOR, "mode": FetchMode.CHANGES}
        names, cursor, mark = [], None, None
        while mark is None:
            page = plugins.call("tiny-books", "mlc_fetch", cursor=cursor, **call)
            for row in page.records:
                vendor = plugins.call(
                    "tiny-books", "mlc_map", connection=connection, object_type=ObjectType.VENDOR, payload=row.payload
                )
                assert isinstance(vendor, Vendor)
                names.append(vendor.name)
            cursor, mark = page.next_cursor, page.watermark
        assert names == [row["name"] for row in ROWS]
        assert ("POST", "/oauth/token") not in service.calls
        connection.http.close()


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("rate_limit", {"retry_after_s": 9}, RateLimitedError),
        ("status", {"status": 403}, TransientError),
        ("token_revoked", {}, AuthError),
        ("html", {}, TransientError),
    ],
)
def test_each_refusal_is_the_error_that_says_what_happens_next(
    plugin: Any, kind: str, options: dict[str, Any], error: type[Exception]
) -> None:
    with Service({"vendors": ROWS}) as service:
        service.fault("GET /v1/vendors", kind, times=None, **options)
        connection = open_test_connection(plugin, secrets={"token": "demo-token"}, url=service.url)
        with pytest.raises(error):
            plugin.mlc_fetch(connection, None, FetchMode.CHANGES)
        connection.http.close()


def test_a_vendor_without_a_name_is_refused_by_name(plugin: Any) -> None:
    for payload in ({"id": "v9", "version": 1}, {"id": "v9", "version": 1, "name": None}):
        with pytest.raises(MappingError, match="name") as caught:
            plugin.mlc_map(payload)
        assert caught.value.field == "name"
