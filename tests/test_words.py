"""No text of the product labels or blames: the list in docs/words.md, held over every template and every string."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.sources import BASE, OURS, Source

LIST: Final = BASE / "docs" / "words.md"
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.S)
_COMMENT = re.compile(r"\{%\s*comment.*?endcomment\s*%\}|<!--.*?-->", re.S)
_QUOTED = re.compile(r'"([^"]*)"|\'([^\']*)\'')
_SHOWN = re.compile(r'\b(?:alt|aria-label|title|placeholder|value|content)="([^"]*)"')
_ELEMENT = re.compile(r"<[^>]*>", re.S)


class Text(NamedTuple):
    """Words that somebody may read, and where they stand."""

    where: str
    words: str


def table_after(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the list, without its own headings."""
    rows = LIST.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("|")]
    return cells[2:]


def pattern_of(phrase: str) -> str:
    """A listed phrase as whole words; `*` is any ending, a blank any run of blanks."""
    words = re.escape(phrase).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
    return rf"(?<![\w-]){words}(?![\w-])"


LISTED = {row[0]: row[2] for row in table_after("The list")}
EXCEPTIONS = [row[0] for row in table_after("Exceptions")]
# Capitals are meant where a listed word is a shortening.
PATTERNS = {one: re.compile(pattern_of(one), 0 if one.isupper() else re.IGNORECASE) for one in LISTED}


def blamed(words: str) -> list[str]:
    """The listed phrases that stand in these words, apart from the exceptions."""
    for exception in EXCEPTIONS:
        words = words.replace(exception, "")
    return [phrase for phrase, pattern in PATTERNS.items() if pattern.search(words)]


def texts_of_template(path: Path) -> Iterator[Text]:
    """What a template shows: its text, the attributes that are read out, and what it hands to its parts."""
    where, source = str(path.relative_to(BASE)), _COMMENT.sub(" ", path.read_text())
    for tag in _TAG.findall(source):
        yield from (Text(where, one or other) for one, other in _QUOTED.findall(tag))
    plain = _TAG.sub(" ", source)
    yield from (Text(where, shown) for shown in _SHOWN.findall(plain))
    yield Text(where, _ELEMENT.sub(" ", plain))


def texts_of(source: Source) -> Iterator[Text]:
    """Every string of a module that is not a docstring; the parts of one with values in it are put together."""
    said = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(source.tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield Text(source.at(node.lineno), "".join(str(part) for part in parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (said | inside):
            yield Text(source.at(node.lineno), node.value)


def templates() -> list[Path]:
    """Pages, documents and e-mails, and the script, which speaks too."""
    pages = (path for path in (BASE / "templates").rglob("*") if path.suffix in {".html", ".txt"})
    return sorted([*pages, *(BASE / "static").glob("*.js")])


def test_no_template_labels_or_blames() -> None:
    found = [f"{text.where}: {', '.join(words)}" for path in templates() for text in texts_of_template(path)
             if (words := blamed(text.words))]  # fmt: skip
    assert not found, "docs/words.md says what to say instead.\n  " + "\n  ".join(found)


def test_no_string_of_the_code_labels_or_blames() -> None:
    """Labels, choices, messages, sentences of refusals, e-mails, words of the audit trail, and demonstration data."""
    found = [f"{text.where}: {', '.join(words)}" for source in OURS for text in texts_of(source)
             if (words := blamed(text.words))]  # fmt: skip
    assert not found, "docs/words.md says what to say instead.\n  " + "\n  ".join(found)


@pytest.mark.parametrize(
    "words",
    [
        "A truant.", "Persistent truancy", "The family FAILED TO  ENGAGE", "Failing\nto engage", "DNA at 9am",
        "hard to reach", "Non-compliant with the plan", "He is a school refuser",
    ],
)  # fmt: skip
def test_it_finds_what_is_listed_in_any_ending_and_spacing(words: str) -> None:
    assert blamed(words)


@pytest.mark.parametrize(
    "words",
    [
        "Unauthorised absence", "Severely absent", "The file was refused.", "default", "dna of the API",
        "Tried to call, no answer", "The sync failed", "Absent without leave",
    ],
)  # fmt: skip
def test_words_of_law_and_of_machines_stay(words: str) -> None:
    assert not blamed(words)


def test_it_reads_templates_as_people_do() -> None:
    path = BASE / "templates" / "casework" / "case_page.html"
    words = " ".join(text.words for text in texts_of_template(path))
    assert "What to do" in words and "govuk-grid-row" not in words


def test_every_listed_word_says_what_to_say_instead_and_every_exception_is_needed() -> None:
    assert len(LISTED) > 40 and all(LISTED.values())
    everything = [text.words for path in templates() for text in texts_of_template(path)]
    everything += [text.words for source in OURS for text in texts_of(source)]
    unused = [one for one in EXCEPTIONS if not any(one in words for words in everything)]
    assert not unused, f"These stand nowhere any more: {unused}"
    assert all(len(row) == 2 and row[1] for row in table_after("Exceptions"))
