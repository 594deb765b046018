"""Two people's typing in one field: nothing that either wrote is ever lost."""

import re
from collections import Counter
from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from attendance_portal.merging import Merged, merge, merge_choices, merge_value

Typing = tuple[str, str, str]

ANN, BOB = "Ann Lee", "Bob Hall"

WORDS = st.sampled_from(["mum", "works", "nights", "bus", "late", "GP", "letter", "5", "-", "plan."])
SPACES = st.sampled_from([" ", " ", "  ", "\n", "\n\n", "\t", " \n"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.tuples(WORDS, SPACES), max_size=12))
    text = "".join(word + space for word, space in pieces)
    return text if draw(st.booleans()) else text.rstrip()


@st.composite
def edited(draw: st.DrawFn, text: str) -> str:
    """The text after some typing: words taken out, put in and changed."""
    tokens = text.split(" ")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(tokens)))
        gone = draw(st.integers(0, 2))
        tokens[at : at + gone] = draw(st.lists(st.one_of(WORDS, texts()), max_size=2))
    return " ".join(tokens)


@st.composite
def edited_in_own_words(draw: st.DrawFn, text: str, name: str) -> str:
    """The text after typing in which no word occurs that stands elsewhere, as sentences mostly are."""
    tokens = re.split(r"(?<=\s)", text)
    for turn in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(tokens)))
        end = at + draw(st.integers(0, 2))
        spaces = draw(st.lists(st.sampled_from([" ", "\n"]), max_size=3))
        tokens[at:end] = [f"{name}{turn}{place}{space}" for place, space in enumerate(spaces)]
    return "".join(tokens)


@st.composite
def two_people_typing(draw: st.DrawFn) -> Typing:
    began = draw(texts())
    return began, draw(edited(began)), draw(edited(began))


def merged(began: str, mine: str, theirs: str) -> Merged:
    return merge(began, mine, theirs, my_name=ANN, their_name=BOB)


def words_put_in(began: str, now: str) -> Counter[str]:
    return Counter(now.split()) - Counter(began.split())


def lacks(text: str, words: Counter[str]) -> Counter[str]:
    return words - Counter(text.split())


# -- the laws


@given(texts(), texts())
def test_when_only_one_person_typed_their_text_stands(began: str, typed: str) -> None:
    assert merged(began, typed, began) == Merged(typed, conflict=False)
    assert merged(began, began, typed) == Merged(typed, conflict=False)
    assert merged(began, typed, typed) == Merged(typed, conflict=False)


@settings(max_examples=400)
@given(two_people_typing())
@example(("", "mum works", "bus late"))
@example(("a b", "a", "a b c"))
def test_every_word_that_either_put_in_survives(typing: Typing) -> None:
    began, mine, theirs = typing
    text = merged(began, mine, theirs).text
    assert not lacks(text, words_put_in(began, mine) | words_put_in(began, theirs))


@settings(max_examples=400)
@given(texts(), texts(), texts())
def test_every_word_survives_even_between_texts_with_nothing_in_common(began: str, mine: str, theirs: str) -> None:
    text = merged(began, mine, theirs).text
    assert not lacks(text, words_put_in(began, mine) | words_put_in(began, theirs))


@given(two_people_typing())
def test_a_word_that_neither_took_out_stays(typing: Typing) -> None:
    began, mine, theirs = typing
    kept_by_both = Counter(began.split()) & Counter(mine.split()) & Counter(theirs.split())
    untouched = Counter({word: 1 for word, n in kept_by_both.items() if n == began.split().count(word)})
    assert not lacks(merged(began, mine, theirs).text, untouched)


@given(two_people_typing())
def test_saving_again_what_came_back_changes_nothing(typing: Typing) -> None:
    began, mine, theirs = typing
    stored = merged(began, mine, theirs).text
    assert merged(stored, stored, stored) == Merged(stored, conflict=False)


@given(two_people_typing())
def test_a_save_sent_twice_from_what_was_sent_changes_nothing(typing: Typing) -> None:
    began, mine, theirs = typing
    stored = merged(began, mine, theirs).text
    assert merged(mine, mine, stored) == Merged(stored, conflict=False)


@settings(max_examples=400)
@given(two_people_typing())
def test_a_save_sent_again_from_the_old_beginning_loses_no_typing(typing: Typing) -> None:
    began, mine, theirs = typing
    stored = merged(began, mine, theirs).text
    again = merge(began, mine, stored, my_name=ANN, their_name=f"{ANN} (in another window)").text
    assert not lacks(again, words_put_in(began, mine) | words_put_in(began, theirs))


@settings(max_examples=400)
@given(st.lists(st.sampled_from([" ", "\n", ".\n"]), max_size=16), st.data())
def test_a_save_sent_again_from_the_old_beginning_doubles_nothing(spaces: list[str], data: st.DataObject) -> None:
    began = "".join(f"word{place}{space}" for place, space in enumerate(spaces))
    mine, theirs = data.draw(edited_in_own_words(began, "ann")), data.draw(edited_in_own_words(began, "bob"))
    stored = merged(began, mine, theirs).text
    again = merge(began, mine, stored, my_name=ANN, their_name=f"{ANN} (in another window)")
    assert again.text == stored


@given(two_people_typing())
def test_whoever_saves_first_nothing_is_lost(typing: Typing) -> None:
    began, anns, bobs = typing
    bob_after_ann = merge(began, bobs, anns, my_name=BOB, their_name=ANN)
    ann_after_bob = merge(began, anns, bobs, my_name=ANN, their_name=BOB)
    put_in = words_put_in(began, anns) | words_put_in(began, bobs)
    assert not lacks(bob_after_ann.text, put_in)
    assert not lacks(ann_after_bob.text, put_in)
    assert bob_after_ann.conflict == ann_after_bob.conflict


@given(two_people_typing(), st.data())
def test_typing_on_while_the_save_is_under_way_loses_nothing(typing: Typing, data: st.DataObject) -> None:
    began, mine, theirs = typing
    stored = merged(began, mine, theirs).text
    typed_on = data.draw(edited(mine))
    text = merged(mine, typed_on, stored).text
    assert not lacks(text, words_put_in(mine, typed_on))


@given(two_people_typing())
def test_a_browsers_line_ends_make_no_difference(typing: Typing) -> None:
    began, mine, theirs = (text.replace("\n", "\r\n") for text in typing)
    as_sent = (began, mine, theirs)
    assert merged(*as_sent) == merged(*typing)
    assert "\r" not in merged(*as_sent).text


@given(st.text(), st.text(), st.text())
def test_any_text_at_all_merges(began: str, mine: str, theirs: str) -> None:
    text = merged(began, mine, theirs).text
    assert not lacks(text, words_put_in(began, mine) | words_put_in(began, theirs))


# -- what people see


def test_lines_changed_in_different_places_both_apply_without_a_name() -> None:
    began = "Mum works nights.\nBus pass asked for.\nReview in May."
    mine = "Mum works nights and weekends.\nBus pass asked for.\nReview in May."
    theirs = "Mum works nights.\nBus pass asked for.\nReview on 4 May."
    assert merged(began, mine, theirs) == Merged(
        "Mum works nights and weekends.\nBus pass asked for.\nReview on 4 May.", conflict=False
    )


def test_two_changes_in_one_sentence_both_apply() -> None:
    assert merged("The bus comes late.", "The school bus comes late.", "The bus comes too late.") == Merged(
        "The school bus comes too late.", conflict=False
    )


def test_the_same_change_by_both_applies_once() -> None:
    began = "one\ntwo\nthree"
    assert merged(began, "one\n2\nthree", "one\n2\nthree and more").text == "one\n2\nthree and more"


def test_where_both_changed_the_same_words_both_are_kept_with_their_names() -> None:
    assert merged("Review in May.", "Review in June.", "Review in July.") == Merged(
        "[Bob Hall] Review in July.\n[Ann Lee] Review in June.", conflict=True
    )


def test_two_people_beginning_in_an_empty_field_are_both_kept() -> None:
    assert merged("", "Mum rang.", "Dad wrote.") == Merged("[Bob Hall] Dad wrote.\n[Ann Lee] Mum rang.", conflict=True)


def test_what_one_took_out_while_the_other_changed_it_stays_as_changed() -> None:
    text = merged("a\nMum rang.\nz", "a\nz", "a\nMum rang twice.\nz")
    assert text == Merged("a\nMum rang twice.\nz", conflict=True)


def test_a_conflict_saved_again_because_its_answer_was_lost_is_not_doubled() -> None:
    stored = merged("Review in May.", "Review in June.", "Review in July.").text
    assert merged("Review in May.", "Review in June.", stored).text == stored


# -- choices and single values

CHOICES = st.frozensets(st.integers(0, 8))


@given(CHOICES, CHOICES, CHOICES)
def test_each_tick_and_each_clearing_of_either_counts(
    began: frozenset[int], mine: frozenset[int], theirs: frozenset[int]
) -> None:
    both = merge_choices(began, mine, theirs)
    assert both == merge_choices(began, theirs, mine)
    assert both >= (mine | theirs) - began
    assert not both & (began - (mine & theirs))
    assert both >= began & mine & theirs


@given(CHOICES, CHOICES)
def test_choices_obey_the_same_laws_as_text(began: frozenset[int], typed: frozenset[int]) -> None:
    assert merge_choices(began, typed, began) == typed
    assert merge_choices(began, began, typed) == typed
    assert merge_choices(began, typed, typed) == typed


@given(st.integers(0, 3), st.integers(0, 3))
def test_a_value_changed_by_one_person_stands_without_a_note(began: int, chosen: int) -> None:
    for result in (
        merge_value(began, chosen, began, my_name=ANN, their_name=BOB),
        merge_value(began, began, chosen, my_name=ANN, their_name=BOB),
        merge_value(began, chosen, chosen, my_name=ANN, their_name=BOB),
    ):
        assert (result.value, result.conflict) == (chosen, False)


def test_a_date_chosen_by_both_keeps_the_last_and_names_both() -> None:
    result = merge_value(
        None,
        date(2026, 5, 4),
        date(2026, 5, 11),
        my_name=ANN,
        their_name=BOB,
        shown=lambda day: f"{day.day} May" if day else "nothing",
    )
    assert result.value == date(2026, 5, 4)
    assert result.note == "Bob Hall chose 11 May and Ann Lee chose 4 May. 4 May is kept until you agree."


def test_clearing_a_value_that_the_other_changed_does_not_take_it_away() -> None:
    for mine, theirs in (("", "early help"), ("early help", "")):
        result = merge_value("school", mine, theirs, my_name=ANN, their_name=BOB)
        assert result.value == "early help"
        assert "cleared" in result.note
