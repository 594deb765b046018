"""Children referred to a service: what waits for one's answer, and what was answered to those who referred them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, section
from attendance_portal.roles import Permission
from casework.models import Referral
from casework.referrals import for_home, stage_tag, year_shown

_TOLD_LATELY = dt.timedelta(days=14)


def referrals_of_mine(asker: Asker) -> Iterable[Section]:
    """Referrals to one's services that wait, and the answers of the last two weeks to one's own. One query."""
    member = asker.member
    if not member.may(Permission.CASE_LEAD):
        return
    found = list(for_home(member, since=asker.on - _TOLD_LATELY))
    waiting = [_waiting_item(one) for one in found if one.stage == Referral.Stage.SENT]
    answered = [_answered_item(one) for one in found if one.stage != Referral.Stage.SENT]
    yield from section("referrals", "Referrals to answer", waiting, address("referrals"), "All referrals")
    all_made = address("referrals", show="made")
    yield from section("referrals-made", "Answers to your referrals", answered, all_made, "All referrals you made")


def _waiting_item(one: Referral) -> Item:
    about = ", ".join(filter(None, [year_shown(one), str(one.school or ""), f"to {one.service}"]))
    since = f"Since {one.made_on:%-d %b}"
    return Item(str(one.pupil), address("referral_page", one.pk), about, since, "yellow", one.pupil_id)


def _answered_item(one: Referral) -> Item:
    tag, about = stage_tag(one), f"{one.service}, {one.answered_on:%-d %B}"
    return Item(str(one.pupil), address("referral_page", one.pk), about, tag["words"], tag["colour"], one.pupil_id)
