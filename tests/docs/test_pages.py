"""What holds for every page: links lead somewhere, words have one meaning, no machine is named."""

import re

from .conftest import ROOT, fences, without_code

#: Words that the glossary refuses. Each has a meaning of its own elsewhere; here it would be a second name.
REFUSED = re.compile(r"\b(bookmarks?|checkpoints?|sync(?:s|ed|ing)?|integrations?)\b", re.IGNORECASE)
#: Where a refused word is somebody else's: a vendor's menu, the glossary itself, the vendor's own feature.
THEIRS = re.compile(
    r"Settings > Integrations|manage integrations|own (?:vendor )?sync|suspen(?:ded|sion)[^|\n]*"
    r"|integration's own user|no integration|Settings > Sync & Integrations|sync tokens?|accounting sync",
    re.IGNORECASE,
)
MACHINE = re.compile(r"/(?:work|home|root|tmp)/\w|\blocalhost:\d{4,5}/simple|\b192\.168\.")


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def test_every_link_inside_leads_somewhere(pages: dict[str, str]) -> None:
    for page, text in pages.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            found = (ROOT / page).parent / path if path else ROOT / page
            assert found.exists(), f"{page}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), flags=re.MULTILINE)
                assert anchor in {_anchor(heading) for heading in headings}, f"{page}: {target}"


def test_every_page_has_one_title_and_is_not_empty(pages: dict[str, str]) -> None:
    for page, text in pages.items():
        bare = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        assert len(re.findall(r"^# ", bare, flags=re.MULTILINE)) == 1, page


def test_pages_use_the_words_of_the_glossary(pages: dict[str, str]) -> None:
    found = [
        f"{page}: {match.group()}"
        for page, text in pages.items()
        if page != "docs/glossary.md"
        for match in REFUSED.finditer(THEIRS.sub("", without_code(text)))
    ]
    assert not found, "\n".join(found)


def test_the_glossary_has_the_words_of_the_trade(pages: dict[str, str]) -> None:
    words = set(re.findall(r"^\| ([a-z ]+) \|", pages["docs/glossary.md"], flags=re.MULTILINE))
    needed = [
        "system",
        "connection",
        "pairing",
        "flow",
        "cursor",
        "watermark",
        "binding",
        "intent",
        "hold",
        "run",
        "attempt",
        "base",
        "sweep",
        "twin",
    ]
    assert {*needed, "canonical record", "dead letter", "audit event"} <= words


def test_no_page_names_a_machine(pages: dict[str, str]) -> None:
    for page, text in pages.items():
        assert not MACHINE.search(text), page


def test_decisions_are_numbered_and_dated(pages: dict[str, str]) -> None:
    decisions = sorted(page for page in pages if page.startswith("docs/decisions/"))
    for number, page in enumerate(decisions, 1):
        assert page.startswith(f"docs/decisions/{number:04}-"), page
        assert pages[page].startswith(f"# {number}. "), page
        assert re.search(r"^Date: \d{4}-\d\d-\d\d$", pages[page], flags=re.MULTILINE), page
        for heading in ("Context", "Decision", "Consequences"):
            assert f"\n## {heading}\n" in pages[page], page


def test_toml_on_the_pages_is_toml(pages: dict[str, str]) -> None:
    import tomllib

    for page, text in pages.items():
        for block in fences(text, "toml"):
            tomllib.loads(block)
            assert page
