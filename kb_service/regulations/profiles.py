"""Reading and checking profile files.

Files of the project lie in `profiles/`; a deployment's own in `profiles/` under var_dir. A profile that
extends another is merged over it: mappings key by key, everything else replaced.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kb_service.core import clauses
from kb_service.core.errors import Invalid, NotFound, Pointer
from kb_service.core.settings import get_settings
from kb_service.regulations.clauses import clause_list
from kb_service.regulations.complaints import complaint, near
from kb_service.regulations.rule_tree import carried_rules
from kb_service.regulations.schema import Period, Profile
from kb_service.regulations.yaml_text import YamlError, YamlPath, YamlText, read_yaml

SHIPPED = Path(__file__).with_name("profiles")
LARGEST_FILE = 1_000_000
_PERIOD = frozenset(Period.model_fields)
_RECOGNISED = (
    ("acceptance", "grounds"),
    ("emergency", "numbers"),
    ("sudden", "matters"),
    ("dispatch", "urgent"),
)


class ProfileInvalid(Invalid):
    default_code = "profile_invalid"


@dataclass(frozen=True)
class Problem:
    """`path` as in classes.help.limit; `line` is 0 where it stands in no line of the file."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        where = f"第{self.line}行 " if self.line else ""
        return f"{where}{self.path or '（整个文件）'}：{self.message}"


@dataclass(frozen=True)
class Loaded:
    """A profile with what its own file says (`own`) and that merged over what it extends (`merged`)."""

    profile: Profile
    own: Mapping[str, Any]
    merged: Mapping[str, Any]
    base: "Loaded | None"

    def ancestors(self) -> Iterator["Loaded"]:
        if self.base is not None:
            yield self.base
            yield from self.base.ancestors()


@dataclass(frozen=True)
class CheckReport:
    problems: tuple[Problem, ...]
    loaded: Loaded | None = None

    @property
    def ok(self) -> bool:
        return not self.problems


def default_folders() -> tuple[Path, ...]:
    return (SHIPPED, get_settings().var_dir / "profiles")


def profile_ids(folders: Sequence[Path] | None = None) -> list[str]:
    """Ids of the files at hand; the files need not be right."""
    found = {file.stem for folder in folders or default_folders() for file in folder.glob("*.yaml")}
    return sorted(found)


def get_profile(profile_id: str) -> Profile:
    """Raises NotFound, or ProfileInvalid with every problem. Files are read once a process."""
    return load(profile_id).profile


def chosen(which: str | Path) -> Profile:
    """One profile by its id, or a Path wherever it lies; a text is never a path. Raises as `get_profile` does."""
    if isinstance(which, str):
        return get_profile(which)
    report = check_file(which)
    if report.loaded is None or not report.ok:
        raise _invalid(which.stem, report.problems)
    return report.loaded.profile


def load(profile_id: str, folders: Sequence[Path] | None = None) -> Loaded:
    return _load(profile_id, tuple(folders or default_folders()), ())


def check_file(file: Path, folders: Sequence[Path] | None = None) -> CheckReport:
    """Everything that is wrong with a file, wherever it lies; what it extends comes from the folders."""
    return _check_file(file, tuple(folders or default_folders()), ())


@lru_cache
def _load(profile_id: str, folders: tuple[Path, ...], chain: tuple[str, ...]) -> Loaded:
    known = profile_ids(folders)
    if profile_id not in known:
        raise NotFound(
            f"没有编号为“{profile_id}”的规则档案，现有：{'、'.join(known)}。", code="profile_not_found"
        )
    files = (folder / f"{profile_id}.yaml" for folder in reversed(folders))
    report = _check_file(next(each for each in files if each.is_file()), folders, chain)
    if report.loaded is None or not report.ok:
        raise _invalid(profile_id, report.problems)
    return report.loaded


def _invalid(profile_id: str, problems: Sequence[Problem]) -> ProfileInvalid:
    pointers: list[Pointer] = [
        {"pointer": "/" + each.path.replace(".", "/"), "detail": str(each)} for each in problems
    ]
    return ProfileInvalid(
        f"规则档案“{profile_id}”有{len(problems)}处问题，首先是：{problems[0]}", pointers=pointers
    )


def _check_file(file: Path, folders: tuple[Path, ...], chain: tuple[str, ...]) -> CheckReport:
    try:
        yaml_text = _read(file)
    except YamlError as error:
        return _one_problem(error.message, error.line)
    report = _check(yaml_text, folders, (*chain, file.stem))
    if yaml_text.data.get("id") == file.stem:
        return report
    message = f"编号“{yaml_text.data.get('id')}”与文件名“{file.stem}”不一致"
    return replace(report, problems=(Problem("id", yaml_text.line(("id",)), message), *report.problems))


def _read(file: Path) -> YamlText:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise YamlError("文件超过1MB，不像是规则档案", 0)
        yaml_text = read_yaml(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise YamlError("文件不是UTF-8编码，请另存为UTF-8后再试", 0) from error
    except OSError as error:
        raise YamlError("没有这个文件，或者读不了", 0) from error
    if not isinstance(yaml_text.data, dict):
        raise YamlError("文件是空的，或者不是“键: 值”的形式", 0)
    return yaml_text


def _check(yaml_text: YamlText, folders: tuple[Path, ...], chain: tuple[str, ...]) -> CheckReport:
    own = dict(yaml_text.data)
    _break(own)
    base: Loaded | None = None
    merged: dict[str, Any] = own
    if own.get("extends") is not None:
        found = _base(str(own["extends"]), folders, chain)
        if isinstance(found, str):
            return _one_problem(found, yaml_text.line(("extends",)), "extends")
        base, merged = found, merge(found.merged, own)
    if (like := _cues_from(merged)) is not None:
        found = _base(like, folders, chain)
        if isinstance(found, str):
            return _one_problem(found, yaml_text.line(("recognition", "like")), "recognition.like")
        merged = with_cues(merged, found.merged)
    try:
        loaded = Loaded(Profile.model_validate(merged), own, merged, base)
    except ValidationError as error:
        return CheckReport(tuple(_problem(dict(each), yaml_text) for each in error.errors()))
    return CheckReport(tuple(_wrong_clauses(loaded, yaml_text)), loaded)


def _base(base_id: str, folders: tuple[Path, ...], chain: tuple[str, ...]) -> Loaded | str:
    """What a profile extends, or why it cannot be extended."""
    if base_id in chain:
        return f"档案互相沿用，成了一个圈：{' → '.join((*chain, base_id))}"
    if base_id not in profile_ids(folders):
        return f"没有可沿用的档案“{base_id}”"
    try:
        return _load(base_id, folders, chain)
    except ProfileInvalid as error:
        return f"被沿用的档案有问题：{error.detail}"


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A period is replaced as a whole: 24 hours instead of 2 working days must not leave both."""
    merged = {key: value for key, value in below.items() if key != "extends"}
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(under, dict) and isinstance(value, dict) and not _PERIOD.intersection(value):
            merged[key] = merge(under, value)
        else:
            merged[key] = value
    return merged


def _cues_from(merged: Mapping[str, Any]) -> str | None:
    seen = merged.get("recognition")
    like = seen.get("like") if isinstance(seen, dict) else None
    return like if isinstance(like, str) else None


def with_cues(merged: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Takes the cues of cases that have none from the cases of the same id in another profile."""
    found = dict(merged)
    found["recognition"] = {**other["recognition"], **merged["recognition"]}
    for section, cases in _RECOGNISED:
        ours, theirs = (each.get(section, {}) for each in (merged, other))
        if not (isinstance(ours, dict) and isinstance(ours.get(cases), dict)):
            continue
        known = theirs.get(cases, {})
        filled = {
            key: _cues(known.get(key, {})) | each if isinstance(each, dict) and "cues" not in each else each
            for key, each in ours[cases].items()
        }
        found[section] = {**ours, cases: filled}
    return found


def _cues(case: Mapping[str, Any]) -> dict[str, Any]:
    return {key: case[key] for key in ("cues", "unless") if key in case}


def break_value(own: dict[str, Any], path: str, how: str) -> None:
    """Breaks one value of a file's data, named by its keys joined with `/`; `drop` removes it."""
    *parents, last = path.split("/")
    place: Any = own
    for key in parents:
        place = place[key]
    if how == "drop":
        del place[last]
    else:
        place[last] = clauses.broken(place[last], how)


def _break(own: dict[str, Any]) -> None:
    """Does what a test run under `make clauses-prove` asks for; see kb_service.core.clauses."""
    prefix = f"profile:{own.get('id')}:"
    if clauses.BROKEN.startswith(prefix):
        path, _, how = clauses.BROKEN.removeprefix(prefix).partition(":")
        break_value(own, path, how)


def _problem(error: dict[str, Any], yaml_text: YamlText) -> Problem:
    path: YamlPath = tuple(each for each in error["loc"] if each != "[key]")
    return Problem(".".join(map(str, path)), yaml_text.line(path), complaint(error))


def _wrong_clauses(loaded: Loaded, yaml_text: YamlText) -> Iterator[Problem]:
    """A clause of the list must belong to this regulation or one it extends; any other must be cited."""
    ours = {loaded.profile.id, *(each.profile.id for each in loaded.ancestors())}
    known = clause_list()
    for carried in carried_rules(loaded.profile):
        line = yaml_text.line((*carried.path, "clause"))
        for clause_id in carried.rule.clause:
            found = known.get(clause_id)
            if found is None and carried.rule.article is None:
                message = f"条款清单里没有“{clause_id}”{near(clause_id, known)}；本市自己的条款请加 article 写明条文"
                yield Problem(carried.dotted, line, message)
            elif found is not None and found.profile not in ours:
                message = f"条款“{clause_id}”属于 {found.profile}，不是本档案或所沿用档案的条款"
                yield Problem(carried.dotted, line, message)


def _one_problem(message: str, line: int = 0, path: str = "") -> CheckReport:
    return CheckReport((Problem(path, line, message),))
