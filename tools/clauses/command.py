"""`make clauses` and `make clauses-prove`. With --json: one JSON object on standard output, nothing else."""

import argparse
import json
import time

from tools.clauses.coverage import Coverage, Survey, by_regulation, survey
from tools.clauses.proof import Outcome, prove, tasks, unbreakable


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.clauses", description=__doc__)
    parser.add_argument("--prove", action="store_true", help="break each covered rule and run its tests")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--clause", action="append", default=[], metavar="ID", help="only this clause")
    parser.add_argument("--all", action="store_true", help="list clauses without rule and test too")
    options = parser.parse_args()
    found = survey()
    if unknown := [each for each in options.clause if each not in found.clauses]:
        parser.error(f"not in the clause list: {', '.join(unknown)}")
    if options.prove:
        return run_proof(found, options.clause, as_json=options.json)
    return show(found, options.clause, as_json=options.json, everything=options.all)


def show(found: Survey, only: list[str], *, as_json: bool, everything: bool) -> int:
    chosen = [each for key, each in found.clauses.items() if not only or key in only]
    missing = [each.clause.id for each in found.missing]
    if as_json:
        body = {
            "clauses": [each.as_json() for each in chosen],
            "total": len(found.clauses),
            "covered": sum(each.covered for each in found.clauses.values()),
            "required": [each.clause.id for each in found.required],
            "missing": missing,
            "problems": found.problems,
        }
        print(json.dumps(body, ensure_ascii=False, indent=2))
        return 1 if missing or found.problems else 0
    for regulation, clauses in by_regulation(found).items():
        shown = [each for each in clauses if each in chosen]
        _print_regulation(regulation, shown, everything or bool(only))
    for problem in found.problems:
        print(f"problem: {problem}")
    covered = sum(each.covered for each in found.clauses.values())
    print(f"{covered} of {len(found.clauses)} clauses have a rule and a test.")
    print(f"required: {len(found.required) - len(missing)} of {len(found.required)} covered{_list(missing)}")
    return 1 if missing or found.problems else 0


def run_proof(found: Survey, only: list[str], *, as_json: bool) -> int:
    started = time.monotonic()
    todo = list(tasks(found, only))
    try:
        outcomes = prove(todo, _quiet if as_json else _tell)
    except RuntimeError as error:
        print(
            json.dumps({"error": str(error)}, ensure_ascii=False) if as_json else f"nothing proved: {error}"
        )
        return 2
    stuck = unbreakable(found, only)
    tried = {clause for task in todo for clause in task.clauses}
    unproved = {clause for outcome in outcomes for clause in outcome.unproved}
    unproved |= {each.clause.id for each in stuck}
    total = len(tried | unproved)
    missing = [each.clause.id for each in found.missing]
    caught = sum(each.proved for each in outcomes)
    if as_json:
        body = {
            "proved": total - len(unproved),
            "of": total,
            "breaks": len(outcomes),
            "caught": caught,
            "unproved": [
                {"break": each.task.how, "clauses": each.unproved} for each in outcomes if not each.proved
            ],
            "unbreakable": [each.clause.id for each in stuck],
            "missing": missing,
            "seconds": round(time.monotonic() - started, 1),
        }
        print(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        for each in stuck:
            print(f"unproved  {each.clause.id}: nothing in its rules can be broken")
        print(f"breaks: {caught} of {len(outcomes)} caught, in {time.monotonic() - started:.0f} s")
        print(
            f"required: {len(found.required) - len(missing)} of {len(found.required)} covered{_list(missing)}"
        )
        print(f"proved: {total - len(unproved)} of {total}")
    return 1 if unproved or missing or found.problems else 0


def _print_regulation(regulation: str, clauses: list[Coverage], everything: bool) -> None:
    carried = [each for each in clauses if each.rules or each.tests or each.clause.required]
    shown = clauses if everything else carried
    if not clauses:
        return
    print(f"\n{regulation}: {sum(each.covered for each in clauses)} of {len(clauses)} covered")
    for each in shown:
        state = "covered" if each.covered else "UNCOVERED" if each.clause.required else "open"
        print(f"  {each.clause.id:9} {state:9} {each.clause.article} {each.clause.rule[:40]}")
        for rule in each.rules:
            print(f"      rule  {rule.name}")
        for test in each.tests:
            print(f"      test  {test.node}")
    if rest := [each.clause.id for each in clauses if each not in shown]:
        print(f"  without rule and test: {', '.join(rest)}")


def _tell(outcome: Outcome) -> None:
    if outcome.proved:
        print(f"proved    {', '.join(outcome.task.clauses)}  {outcome.task.how}", flush=True)
    else:
        why = "; ".join(f"{clause}: {what}" for clause, what in outcome.unproved.items())
        print(f"UNPROVED  {outcome.task.how}  ({why})", flush=True)


def _quiet(_: Outcome) -> None:
    return


def _list(ids: list[str]) -> str:
    return f"; uncovered: {', '.join(ids)}" if ids else ""
