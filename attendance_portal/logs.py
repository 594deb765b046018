"""Log lines without personal data: what a database says about a refused row stays out of the log."""

import logging
import re
from types import TracebackType

# PostgreSQL's DETAIL, CONTEXT and Django's "Key (upn)=(…)" repeat the values of the row.
_VALUES = re.compile(r"^(DETAIL|CONTEXT|HINT):.*$|(?<=Key )\([^)]*\)=\(.*\)", re.MULTILINE)


class WithoutPersonalData(logging.Formatter):
    """A formatter that leaves the values of database rows out of tracebacks."""

    def formatException(  # noqa: N802
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return _VALUES.sub("(left out)", super().formatException(ei))
