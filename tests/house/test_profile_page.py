"""The page on the profile file is whole and current."""

from collections.abc import Iterator

from pydantic import BaseModel

from kb_service.regulations import schema
from tools import profile_page


def test_the_page_of_the_profile_file_is_current() -> None:
    before = profile_page.PAGE.read_text(encoding="utf-8")
    assert before == profile_page.page(before), "run: make docs"


def test_every_key_a_profile_may_have_has_a_chinese_title_and_a_meaning() -> None:
    for model in profile_page.models():
        for name, field in model.model_fields.items():
            assert field.title, f"{model.__name__}.{name}"
            assert field.description, f"{model.__name__}.{name}"


def test_every_part_of_a_profile_is_on_the_page() -> None:
    assert set(profile_page.models()) == set(below(schema.Part))


def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        if each.__module__.startswith(schema.__name__):
            yield each
            yield from below(each)
