"""All commands, each a thin door to a use case. Heavy modules are imported inside, so that `kb --help` is quick."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from kb_service.cli import days, golden, importing, measuring, ranking, routing, running, simulating
from kb_service.cli.output import Json, report, say

# Dictionaries of hundreds of thousands of words stay for good: looking through them for garbage at Python's own
# intervals costs an eighth of the processor's time of an import.
gc.set_threshold(50_000, 20, 20)

app = typer.Typer(
    name="kb", help="12345 热线知识库与智能答复服务", no_args_is_help=True, pretty_exceptions_enable=False
)
app.command()(running.serve)
app.command()(running.worker)
app.command("import")(importing.import_file)
app.command()(simulating.simulate)
app.add_typer(running.db, name="db")
app.add_typer(running.index, name="index")
app.add_typer(running.job, name="job")
app.add_typer(golden.golden, name="golden")
app.add_typer(measuring.evaluate, name="evaluate")
app.add_typer(measuring.bench, name="bench")
app.add_typer(measuring.train, name="train")
measuring.evaluate.command("routing")(routing.evaluate_routing)
measuring.train.command("routing")(routing.train_routing)
measuring.train.command("usage")(golden.train_usage)
measuring.train.command("ranker")(ranking.train_ranker)

token = typer.Typer(help="接口令牌", no_args_is_help=True)
audit = typer.Typer(help="审计日志", no_args_is_help=True)
profile = typer.Typer(help="城市规则档案", no_args_is_help=True)
demo = typer.Typer(help="演示城市", no_args_is_help=True)
account = typer.Typer(help="账号", no_args_is_help=True)
for name, group in (
    ("token", token),
    ("audit", audit),
    ("profile", profile),
    ("demo", demo),
    ("account", account),
):
    app.add_typer(group, name=name)


@token.command("create")
def token_create(
    role: Annotated[str, typer.Option(help="角色编码，如 agent")],
    unit: Annotated[str, typer.Option(help="所属单位编码；默认热线中心")] = "",
    name: Annotated[str, typer.Option(help="用途，写进审计日志")] = "命令行",
    days: Annotated[int, typer.Option(help="有效天数；0 为不限")] = 0,
    as_json: Json = False,
) -> None:
    """生成接口令牌，打印一次，之后无法再看。"""
    from kb_service.identity.service import logins, people

    with running.runtime(search=False) as parts, parts.database.write() as session:
        ctx = running.system(parts)
        owner = unit or people.centre(session).code
        text = logins.create_token(session, ctx, role=role, unit_code=owner, name=name, days=days or None)
    report({"token": text, "role": role, "unit": owner}, as_json, [text])


@audit.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """校验审计日志的哈希链；被改动过则返回 1。"""
    from dataclasses import asdict

    from kb_service.core import audit as log

    with running.runtime(search=False) as parts, parts.database.read() as session:
        found = log.verify(session)
    lines = [f"共 {found.rows} 条，已封存 {found.sealed} 条，链头 {found.head[:16]}"]
    lines.append("校验通过" if found.ok else f"校验失败：第 {found.broken_at} 条与封存时不符")
    report({"ok": found.ok, **asdict(found)}, as_json, lines)
    raise typer.Exit(0 if found.ok else 1)


profile.command("numbers")(days.numbers)
profile.command("supply")(days.supply)
app.add_typer(days.calendar, name="calendar")


ProfileName = Annotated[str, typer.Argument(help="规则档案的编号，或者文件（.yaml）")]


@profile.command("check")
def profile_check(file: Path, as_json: Json = False) -> None:
    """检查一份规则档案文件，逐处说明错在哪里。"""
    from kb_service.regulations.profiles import check_file

    checked = check_file(file)
    problems = [{"path": each.path, "line": each.line, "message": each.message} for each in checked.problems]
    lines = [str(each) for each in checked.problems] or ["没有发现问题"]
    report({"ok": checked.ok, "problems": problems}, as_json, lines)
    raise typer.Exit(0 if checked.ok else 1)


@profile.command("explain")
def profile_explain(profile: ProfileName, as_json: Json = False) -> None:
    """用中文逐条解释一份规则档案。"""
    from kb_service.regulations import profiles
    from kb_service.regulations.explain import explain

    found = profiles.chosen(simulating.id_or_file(profile))
    text = explain(found)
    report({"profile": found.id, "text": text}, as_json, [text])


@profile.command("diff")
def profile_diff(a: ProfileName, b: ProfileName, as_json: Json = False) -> None:
    """列出同一工单在两份规则档案下的不同。"""
    from dataclasses import asdict

    from kb_service.regulations import profiles
    from kb_service.regulations.diff import diff

    found = diff(*(profiles.chosen(simulating.id_or_file(each)) for each in (a, b)))
    lines = [f"{each.label}：{each.a}（{each.clause_a}） → {each.b}（{each.clause_b}）" for each in found]
    lines = [line.replace("（）", "") for line in lines] or ["没有不同"]
    report({"a": a, "b": b, "differences": [asdict(each) for each in found]}, as_json, lines)


@profile.command("list")
def profile_list(as_json: Json = False) -> None:
    """列出全部规则档案。"""
    from kb_service.regulations import service

    rows = [{"id": each.id, "city": each.city, "title": each.title} for each in service.list_profiles()]
    report({"profiles": rows}, as_json, [f"{row['id']}  {row['city']}  {row['title']}" for row in rows])


@demo.command("load")
def demo_load(as_json: Json = False) -> None:
    """把演示城市装入一个空库。"""
    from kb_service.demo.loader import load_demo_city

    with running.runtime(migrate=True) as parts:
        loaded = load_demo_city(parts, say)
    report(loaded, as_json)


@account.command("add")
def account_add(
    login: str,
    name: Annotated[str, typer.Option(help="姓名")],
    unit: Annotated[str, typer.Option(help="单位编码")],
    role: Annotated[list[str], typer.Option(help="角色编码，可重复")],
) -> None:
    """新建账号，密码从终端输入两次。"""
    from kb_service.identity.schemas import AccountIn
    from kb_service.identity.service import people

    password = typer.prompt("密码", hide_input=True, confirmation_prompt=True)
    data = AccountIn(login=login, name=name, unit_code=unit, roles=role, password=password)
    with running.runtime(search=False) as parts, parts.database.write() as session:
        people.add_account(session, running.system(parts), data)
    say(f"账号 {login} 已建立")


@app.command("version")
def version(as_json: Json = False) -> None:
    """打印版本。"""
    from kb_service import __version__

    report({"version": __version__}, as_json, [__version__])
