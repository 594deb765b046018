"""Bank holidays of England, as GOV.UK publishes them."""

from __future__ import annotations

import datetime as dt
from functools import cache

from django.conf import settings
from govuk_bank_holidays.bank_holidays import BankHolidays


@cache
def bank_holidays() -> frozenset[dt.date]:
    """The days on which schools are closed whatever the term says.

    From the list that comes with the package, unless the installation asks GOV.UK (`BANK_HOLIDAYS_FROM_GOV_UK`):
    then once a process, and the package's list again where GOV.UK does not answer.
    """
    held = BankHolidays(use_cached_holidays=not settings.BANK_HOLIDAYS_FROM_GOV_UK, download_timeout=5)
    return frozenset(one["date"] for one in held.get_holidays(division=BankHolidays.ENGLAND_AND_WALES))
