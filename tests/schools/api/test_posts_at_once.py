"""Posts of one moment with one key, asked of the running site: stored once, and answered alike."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import requests

from schools.models import PostedMarks, RegisterChange, Upload
from tests.cast import in_scope, make_cast
from tests.conftest import Site
from tests.schools.api.asking import posted, token_of
from tests.schools.files import all_present
from tests.schools.stored import AUTUMN

AT_ONCE = 4


def test_four_posts_with_one_key_at_one_moment_are_stored_once_and_answered_alike(site: Site) -> None:
    cast = make_cast()
    body = json.dumps(posted(all_present(cast.pupils, AUTUMN))).encode()
    headers = {
        "Authorization": f"Bearer {token_of(cast)}",
        "Idempotency-Key": "one-key",
        "Content-Type": "application/json",
    }

    def post(_: int) -> requests.Response:
        return requests.post(f"{site.address}/api/v1/schools/999001/marks", body, headers=headers, timeout=60)

    with ThreadPoolExecutor(AT_ONCE) as posts:
        answers = list(posts.map(post, range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replays = sorted(answer.headers["Idempotency-Replayed"] for answer in answers)
    assert replays == ["false", "true", "true", "true"]
    with in_scope(cast.eastshire):
        assert PostedMarks.objects.count() == Upload.objects.count() == RegisterChange.objects.count() == 1
