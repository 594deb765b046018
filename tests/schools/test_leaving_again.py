"""The deletion returns of who is put back on a roll and leaves once more."""

from __future__ import annotations

import datetime as dt

import pytest

from schools.changes import corrections
from schools.models import Circumstance, Enrolment, StatutoryReturn
from schools.returning import returns
from schools.sending import uploads
from tests.cast import ON, SINCE, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days
from tests.schools.stored import AT, store_marks

Stage = StatutoryReturn.Stage
DAYS = school_days(dt.date(2026, 9, 7), 50)

pytestmark = pytest.mark.django_db


def test_who_was_put_back_on_the_roll_and_leaves_again_is_another_deletion(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, all_present([*cast.pupils], DAYS))
        write = {"reason": "Test", "by": cast.lead, "at": AT, "on": ON}

        def leave(child: int, day: dt.date | None) -> None:
            enrolment = Enrolment.objects.get(pupil=cast.pupils[child])
            corrections.correct_leaving(enrolment, leaving_on=day, destination="", **write)

        def deletions(child: int) -> list[StatutoryReturn]:
            return list(StatutoryReturn.objects.filter(pupil=cast.pupils[child]).order_by("first_on"))

        def stages(child: int) -> list[tuple[str, dt.date]]:
            return [(one.stage, one.arose_on) for one in deletions(child)]

        leave(0, DAYS[30])
        returns.set_aside_return(deletions(0)[0], reason="Only at the other site", by=cast.lead, at=AT)
        leave(0, DAYS[31])
        assert [stage for stage, _ in stages(0)] == [Stage.SET_ASIDE]  # the same leaving, on another day
        leave(0, None)
        assert [stage for stage, _ in stages(0)] == [Stage.WITHDRAWN]
        leave(0, DAYS[35])
        assert stages(0) == [(Stage.DRAFT, DAYS[35])]

        leave(1, DAYS[30])
        returns.send_return(deletions(1)[0], confirmed={"destination": "Vale"}, by=cast.lead, at=AT)
        leave(1, None)
        leave(1, DAYS[30])
        assert stages(1) == [(Stage.SENT, DAYS[30])]
        leave(1, None)
        leave(1, DAYS[36])
        assert stages(1) == [(Stage.SENT, DAYS[30]), (Stage.DRAFT, DAYS[36])]


def test_a_leaving_that_was_sent_or_set_aside_and_put_off_for_long_is_another_deletion(cast: Cast) -> None:
    """domain.md 1.5, 1.7 and 7, whether the day was blank in between or not."""
    with in_scope(cast.eastshire):
        for pupil in cast.pupils[:3]:
            Circumstance.objects.create(pupil=pupil, kind="child-in-need", from_on=SINCE, source="Test")
        store_marks(cast, cast.hill, all_present([*cast.pupils], DAYS))

        def leave(child: int, day: dt.date) -> list[StatutoryReturn]:
            write = {"destination": "", "reason": "Test", "by": cast.lead, "at": AT, "on": ON}
            corrections.correct_leaving(Enrolment.objects.get(pupil=cast.pupils[child]), leaving_on=day, **write)
            return list(StatutoryReturn.objects.filter(pupil=cast.pupils[child]).order_by("first_on"))

        def told(child: int) -> StatutoryReturn:
            [one] = leave(child, DAYS[30])
            returns.tell_contact(one, otherwise="Jo Bird, by telephone", by=cast.lead, at=AT)
            return one

        facts = {"confirmed": {"destination": "Vale"}, "by": cast.lead, "at": AT}
        returns.send_return(told(0), **facts)
        returns.send_return(done := told(1), **facts)
        returns.acknowledge_return(done, note="", by=cast.officer, at=AT)
        returns.set_aside_return(told(2), reason="On paper", by=cast.lead, at=AT)
        assert [len(leave(child, DAYS[36])) for child in range(3)] == [1, 1, 1], "a few days are the same"
        for child, stage in enumerate((Stage.SENT, Stage.ACKNOWLEDGED, Stage.WITHDRAWN)):
            before, after = leave(child, DAYS[45])
            assert (before.stage, before.ground_gone_on) == (stage, None if stage == Stage.WITHDRAWN else ON)
            assert "The leaving date was corrected" in before.steps.first().words
            assert (after.stage, after.arose_on) == (Stage.DRAFT, DAYS[45])
            assert returns.must_tell_first(after, on=ON)
        before, after = leave(0, DAYS[30])
        assert (before.stage, before.ground_gone_on, after.stage) == (Stage.SENT, None, Stage.WITHDRAWN)
        assert "The leaving date was corrected" in after.steps.first().words


def test_a_leaving_of_last_year_that_is_put_right_by_weeks_is_asked_for_anew(cast: Cast) -> None:
    """However long ago: the return that was sent says nothing of the other day, and none stood in its place."""
    winter, then = school_days(dt.date(2026, 1, 5), 50), dt.date(2026, 3, 20)
    write = {"destination": "", "reason": "Test", "by": cast.lead, "at": AT}
    with in_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
        upload = uploads.receive_upload(
            cast.hill, [long_file(all_present([*cast.pupils], winter))], file_name="winter.csv", by=cast.lead
        )
        uploads.read_upload(upload, on=then)
        uploads.store_upload(uploads.accept_upload(upload, by=cast.lead, at=AT), on=then)
        corrections.correct_leaving(enrolment, leaving_on=dt.date(2026, 2, 10), on=then, **write)
        held = StatutoryReturn.objects.filter(pupil=cast.pupil).order_by("first_on")
        returns.send_return(held.get(), confirmed={"destination": "Vale"}, by=cast.lead, at=AT)
        store_marks(cast, cast.hill, all_present([*cast.pupils[1:]], DAYS))
        enrolment.refresh_from_db()
        corrections.correct_leaving(enrolment, leaving_on=dt.date(2026, 3, 13), on=ON, **write)
        before, after = held.all()
        assert (before.stage, before.ground_gone_on) == (Stage.SENT, ON)
        assert (after.stage, after.arose_on) == (Stage.DRAFT, dt.date(2026, 3, 13))


def test_of_a_final_year_leaver_who_stays_for_weeks_longer_the_social_worker_is_told_again(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        grown = cast.pupils[4]
        Circumstance.objects.create(pupil=grown, kind="child-in-need", from_on=SINCE, source="Test")
        for day in (dt.date(2027, 7, 1), dt.date(2027, 7, 31)):
            Enrolment.objects.filter(pupil=grown).update(leaving_on=day)
            store_marks(cast, cast.hill, all_present([*cast.pupils], DAYS))
            one = StatutoryReturn.objects.get(arose_on=day)
            assert one.is_finished and returns.must_tell_first(one, on=ON)
            returns.tell_contact(one, otherwise="Jo Bird, by telephone", by=cast.lead, at=AT)
        stages = StatutoryReturn.objects.order_by("arose_on").values_list("stage", flat=True)
        assert list(stages) == [Stage.WITHDRAWN, Stage.SET_ASIDE]


def test_of_a_deletion_that_was_off_or_put_off_for_long_the_social_worker_is_told_again(cast: Cast) -> None:
    """domain.md 1.7 and 7: before any deletion, and whoever is the social worker by then. A few days are the same."""
    with in_scope(cast.eastshire):
        Circumstance.objects.create(pupil=cast.pupil, kind="child-in-need", from_on=SINCE, source="Test")
        store_marks(cast, cast.hill, all_present([*cast.pupils], DAYS))
        enrolment = Enrolment.objects.get(pupil=cast.pupil)

        def leave(day: dt.date | None, *, waits: bool) -> None:
            write = {"destination": "", "reason": "Test", "by": cast.lead, "at": AT, "on": ON}
            corrections.correct_leaving(enrolment, leaving_on=day, **write)
            one = StatutoryReturn.objects.get()
            assert returns.must_tell_first(one, on=ON) is waits
            if waits:
                returns.tell_contact(one, otherwise="Jo Bird, by telephone", by=cast.lead, at=AT)

        leave(DAYS[20], waits=True)
        leave(None, waits=False)
        leave(DAYS[20], waits=True)
        leave(DAYS[22], waits=False)
        leave(DAYS[45], waits=True)
        one = StatutoryReturn.objects.get()
        assert one.told_by == cast.lead and one.steps.filter(what="tell_contact").count() == 3
