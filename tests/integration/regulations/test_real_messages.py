"""What the phrases of the profiles make of real citizens' letters: hardly ever an emergency."""

import gzip
import json
from pathlib import Path

import pytest

from kb_service.regulations.profiles import get_profile
from kb_service.regulations.rules import emergency_match, sudden_match


@pytest.mark.outside_data
def test_fewer_than_one_letter_in_five_hundred_is_taken_for_an_emergency_or_a_sudden_matter(
    outside_data: Path,
) -> None:
    profile = get_profile("demo")
    with gzip.open(outside_data / "load" / "citizen_messages.jsonl.gz", "rt", encoding="utf-8") as lines:
        letters = [json.loads(line) for number, line in enumerate(lines) if number % 3 == 0]
    texts = [f"{letter['title']}。{letter['text']}" for letter in letters]
    taken = [text for text in texts if emergency_match(profile, text) or sudden_match(profile, text)]
    assert len(texts) > 2000
    assert len(taken) * 500 < len(texts), [text[:60] for text in taken]
