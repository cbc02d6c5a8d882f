"""Measure the grader: its test of itself, the verdicts for 200 students, the attacks, and a class of 100 in one batch.

usage: python benchmarks/homework.py [verify] [verdicts] [attacks] [class]

Without arguments it measures all four. Results go to benchmarks/homework.json, from which `make docs` writes the
tables of docs/grading.md.
"""

import json
import re
import runpy
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_suffix(".json")
TESTS = Path(__file__).resolve().parent.parent / "tests" / "homework"
SECRET = b"a secret for measuring"


def measure_verification() -> dict:
    """Judge every starter, solution, variant and mutant once."""
    from keras_cnn_course.homework.authoring.exercise import list_exercises
    from keras_cnn_course.homework.grading.proof import prove_exercise
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    rows, began = {}, time.monotonic()
    with Sandboxes() as sandboxes:
        for exercise in list_exercises():
            found = prove_exercise(exercise, sandboxes)
            rows[exercise.name] = {kind: found.count(kind) for kind in ("starter", "solution", "accepted", "mutant")}
            for surprise in found.surprises:
                print(surprise)
    return {"rows": rows, "seconds": round(time.monotonic() - began, 1)}


def measure_verdicts(*, students: int = 200) -> dict:
    """Judge every version of the NumPy exercises for many students; each must get the same verdict from all cases."""
    from keras_cnn_course.homework.authoring.exercise import list_exercises

    warnings.simplefilter("ignore")  # wrong answers overflow and divide by zero
    tools = runpy.run_path(str(TESTS / "verdicts.py"))
    rows, began = {}, time.process_time()
    for exercise in list_exercises():
        if exercise.kind != "numpy":
            continue
        planned = tools["plan_students"](exercise, [f"s{number:04}" for number in range(students)])
        row = {"versions": 0, "several": 0, "unexpected": 0}
        for version, source, expected in tools["list_versions"](exercise):
            verdicts = tools["tally_quickly"](exercise, source, planned)
            row["versions"] += 1
            row["several"] += len(verdicts) > 1
            if tools["find_surprises"](verdicts, expected):
                row["unexpected"] += 1
                print(exercise.name, version, expected, verdicts, flush=True)
        rows[exercise.name] = row
        print(exercise.name, row, f"{time.process_time() - began:.0f} s", flush=True)
    return {"rows": rows, "students": students, "seconds": round(time.process_time() - began, 1)}


def measure_attacks() -> list[dict]:
    """Try every attack, and look for traces of its success."""
    from keras_cnn_course.homework.authoring.exercise import find_exercise
    from keras_cnn_course.homework.judging.judge import judge_exercise
    from keras_cnn_course.homework.judging.planning import Work
    from keras_cnn_course.homework.sandbox.sandboxes import Sandboxes

    attacks = runpy.run_path(str(TESTS / "attacks.py"))["ATTACKS"]
    tools = runpy.run_path(str(TESTS / "generated_class.py"))
    rows = []
    with tools["listening"]() as listeners, Sandboxes() as sandboxes:
        for attack in attacks:
            with tempfile.TemporaryDirectory() as place:
                exercise, folder = find_exercise(attack.exercise), Path(place)
                changed = tools["lay_out"](folder)
                source = tools["arm"](attack.source, exercise, folder, listeners)
                began = time.monotonic()
                result = judge_exercise(exercise, Work("mallory", {exercise.stem: source}), sandboxes, secret=SECRET)
                seconds = time.monotonic() - began
                time.sleep(0.5)
                traces = tools["find_traces"](folder, listeners, changed)
            rows.append(
                {"attack": attack.what, "points": result.score, "traces": traces, "seconds": round(seconds, 1),
                 "seen": _shorten(result.problem) if result.problem else "passes"}
            )  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def measure_class(*, correct: int = 35, mutants: int = 25, partial: int = 5, jobs: int = 2) -> dict:
    """Grade a class in one batch, and compare each mark with the correct one."""
    from keras_cnn_course.homework.authoring.exercise import find_exercise, list_exercises
    from keras_cnn_course.homework.grading.batch import grade_submissions

    attacks = runpy.run_path(str(TESTS / "attacks.py"))["ATTACKS"]
    tools = runpy.run_path(str(TESTS / "generated_class.py"))
    with tempfile.TemporaryDirectory() as place, tools["listening"]() as listeners:
        folder = Path(place, "submissions")
        folder.mkdir()
        changed = tools["lay_out"](Path(place))
        armed = {
            attack.what: (
                attack.exercise,
                tools["arm"](attack.source, find_exercise(attack.exercise), Path(place), listeners),
                attack.most,
            )
            for attack in attacks[:25]
        }
        expected = tools["write_class"](folder, armed, correct=correct, mutants=mutants, partial=partial)
        began = time.monotonic()
        results = grade_submissions(
            [each.path for each in expected],
            secret=SECRET,
            exercises=list_exercises(),
            jobs=jobs,
            report=lambda result: print(result.source.name, result.status, result.score, flush=True),
        )
        seconds = time.monotonic() - began
        traces = tools["find_traces"](Path(place), listeners, changed)
    kinds: dict[str, list[list[str]]] = {}
    for each, result in zip(expected, results, strict=True):
        surprises = tools["find_surprises"](each, result)
        kinds.setdefault(each.kind.partition(":")[0], []).append(surprises)
        if surprises:
            print(each, surprises)
    return {
        "kinds": {kind: {"submissions": len(found), "as_expected": sum(not each for each in found)}
                  for kind, found in kinds.items()},
        "statuses": dict(Counter(result.status for result in results)),
        "traces": traces,
        "seconds": round(seconds, 1),
        "jobs": jobs,
    }  # fmt: skip


def make_table(what: str) -> str:
    """Return one of the four results as a Markdown table."""
    results = json.loads(RESULTS.read_text())
    tables = {
        "verify": _verification_table,
        "verdicts": _verdict_table,
        "attacks": _attack_table,
        "class": _class_table,
    }
    return tables[what](results[what])


def _verification_table(found: dict) -> str:
    kinds = ("starter", "solution", "accepted", "mutant")
    lines = ["| exercise | starters failed | solutions passed | variants passed | mutants diagnosed |"]
    lines.append("|---|---:|---:|---:|---:|")
    for name, counts in found["rows"].items():
        lines.append(f"| {name} | " + " | ".join(f"{counts[kind][0]} of {counts[kind][1]}" for kind in kinds) + " |")
    sums = [tuple(sum(counts[kind][part] for counts in found["rows"].values()) for part in (0, 1)) for kind in kinds]
    lines.append("| **all** | " + " | ".join(f"**{part} of {whole}**" for part, whole in sums) + " |")
    return "\n".join(lines) + f"\n\nThis took {found['seconds']:.0f} s.\n"


def _verdict_table(found: dict) -> str:
    lines = ["| exercise | versions | students | versions with several verdicts | with an unexpected one |"]
    lines.append("|---|---:|---:|---:|---:|")
    for name, row in found["rows"].items():
        counts = (row["versions"], found["students"], row["several"], row["unexpected"])
        lines.append(f"| {name} | " + " | ".join(map(str, counts)) + " |")
    sums = [sum(row[part] for row in found["rows"].values()) for part in ("versions", "several", "unexpected")]
    lines.append(f"| **all** | **{sums[0]}** | **{found['students']}** | **{sums[1]}** | **{sums[2]}** |")
    return "\n".join(lines) + f"\n\nThis took {found['seconds']:.0f} s of computing time on one core.\n"


def _attack_table(found: list[dict]) -> str:
    attacks = {attack.what: attack for attack in runpy.run_path(str(TESTS / "attacks.py"))["ATTACKS"]}
    lines = ["| what the student's file does | stopped by | what the grader reports | points | traces |"]
    lines.append("|---|---|---|---:|---|")
    for row in found:
        seen = row["seen"].replace("|", "\\|").replace("`", "'")
        traces = ", ".join(row["traces"]) or "none"
        lines.append(f"| {row['attack']} | {attacks[row['attack']].by} | {seen} | {row['points']:g} | {traces} |")
    stopped = sum(not row["traces"] and row["points"] == 0 for row in found)
    return "\n".join(lines) + f"\n\n{stopped} of {len(found)} got no points and left no trace.\n"


def _class_table(found: dict) -> str:
    lines = ["| kind of submission | number | with the correct mark |", "|---|---:|---:|"]
    for kind, counts in found["kinds"].items():
        lines.append(f"| {kind} | {counts['submissions']} | {counts['as_expected']} |")
    sums = [sum(counts[part] for counts in found["kinds"].values()) for part in ("submissions", "as_expected")]
    lines.append(f"| **all** | **{sums[0]}** | **{sums[1]}** |")
    traces = ", ".join(found["traces"]) or "none"
    return (
        "\n".join(lines)
        + f"\n\nThis took {found['seconds']:.0f} s with `--jobs {found['jobs']}`. Traces of the attacks: {traces}.\n"
    )


def _shorten(problem: Any) -> str:
    """Return what the grader reported, without the attacker's code and without paths."""
    text = f"{problem.seen} {problem.says}"
    raised = re.match(r"\w+ raised (\w+) on line", problem.seen)
    if raised:
        text = f"{raised[1]}: {problem.says}"
    if problem.key in ("import", "syntax"):
        text = problem.says
    return re.sub(r"'?/[\w./-]+'?", "(a path)", text).strip()


if __name__ == "__main__":
    measured = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    steps = {
        "verify": measure_verification,
        "verdicts": measure_verdicts,
        "attacks": measure_attacks,
        "class": measure_class,
    }
    for name in sys.argv[1:] or steps:
        measured[name] = steps[name]()
        RESULTS.write_text(json.dumps(measured, indent=1) + "\n")
