"""E-mail that is not lost: written with what it tells of, sent afterwards, tried again until it goes."""

from __future__ import annotations

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from attendance_portal.models import Authority, Message
from attendance_portal.tenancy import authority_scope

MOST_ATTEMPTS = 20
AT_A_TIME = 100


def write(*, to_name: str, to_email: str, subject: str, body: str, calendar: str = "") -> Message | None:
    """Keep a message to be sent within the minute. Nobody to send to (no address) writes nothing.

    Bodies name no child: they carry a link that needs sign-in (architecture section 10).
    """
    if not to_email:
        return None
    message: Message = Message.objects.create(
        to_name=to_name,
        to_email=to_email,
        subject=subject,
        body=body,
        calendar=calendar,
    )
    return message


def send_waiting(authority: Authority) -> int:
    """Send what waits in this authority, each in a transaction of its own. Returns how many went."""
    sent = 0
    for _ in range(AT_A_TIME):
        with authority_scope(authority):
            waiting = Message.objects.filter(sent_at=None, attempts__lt=MOST_ATTEMPTS)
            message = waiting.select_for_update(skip_locked=True).order_by("attempts", "pk").first()
            if message is None or (message.attempts and not _may_try_again(message)):
                break
            sent += _send(message)
    return sent


def _may_try_again(message: Message) -> bool:
    """Wait as many minutes as there were attempts, so that a dead mail server is not hammered."""
    minutes = (timezone.now() - message.written_at).total_seconds() / 60
    return bool(minutes >= message.attempts * (message.attempts + 1) / 2)


def _send(message: Message) -> int:
    email = EmailMessage(subject=message.subject, body=message.body, to=[_address(message)])
    if message.calendar:
        email.attach("meeting.ics", message.calendar, "text/calendar")
    try:
        with transaction.atomic():
            email.send()
    except OSError as error:  # smtplib's errors are OSErrors, as are those of the network
        message.attempts, message.last_error = message.attempts + 1, str(error)[:500]
        message.save(update_fields=["attempts", "last_error"])
        return 0
    message.sent_at = timezone.now()
    message.save(update_fields=["sent_at"])
    return 1


def _address(message: Message) -> str:
    name = message.to_name.replace('"', "").replace("\n", " ")
    return f'"{name}" <{message.to_email}>' if name else message.to_email
