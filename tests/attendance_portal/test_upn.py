"""UPNs: the published test vectors, the check letter and who may issue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendance_portal.upn import (
    CURRENT_AUTHORITIES,
    LETTERS,
    RETIRED_AUTHORITIES,
    BrokenUPN,
    check_letter,
    is_upn,
    read_upn,
)

GOOD = ["B801200005001", "R674123101121", "P207000016049", "V92500012400A", "M92512342400A", "A80120000501A",
        "B925123424001"]  # fmt: skip
BAD = ["B92512342400A", "Q207000016049", "A801200005001", "B207000016049", "X99900002000", "I999000020001", "",
       "B80120000500१", "B8012000O5001"]  # fmt: skip
FICTIONAL = ["X999000020001", "L999000020002", "W999123420017", "W99900002001A", "Q99900002499B"]


@pytest.mark.parametrize("text", GOOD)
def test_published_vectors_pass(text: str) -> None:
    assert read_upn(text).value == text
    assert read_upn(f" {text.lower()} ").temporary == text[-1].isalpha()


@pytest.mark.parametrize("text", BAD)
def test_broken_ones_fail_and_say_why(text: str) -> None:
    with pytest.raises(BrokenUPN, match=r"character|letter|digits"):
        read_upn(text)


@pytest.mark.parametrize("text", FICTIONAL)
def test_fictional_authorities_issue_only_where_the_installation_has_them(text: str) -> None:
    assert not is_upn(text)
    assert is_upn(text, frozenset({"999"}))


def test_153_authorities_and_the_retired_may_issue() -> None:
    assert len(CURRENT_AUTHORITIES) == 153
    assert {"838", "839", "940", "943"} <= CURRENT_AUTHORITIES
    for code in ("925", "909", "001", "681", "708"):
        rest = f"{code}400012001"
        assert is_upn(check_letter(rest) + rest), code
    assert not RETIRED_AUTHORITIES & CURRENT_AUTHORITIES


@given(st.from_regex(r"925[0-9]{9}", fullmatch=True), st.integers(1, 11), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_noticed(rest: str, place: int, digit: str) -> None:
    wrong = rest[:place] + digit + rest[place + 1 :]
    assert (check_letter(rest) == check_letter(wrong)) == (rest == wrong)
    assert check_letter(rest) in LETTERS
