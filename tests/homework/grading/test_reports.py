import csv
import io
import json

import pytest

from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.grading.batch import grade_submissions, refuse_submission
from keras_cnn_course.homework.grading.class_statistics import read_statistics
from keras_cnn_course.homework.grading.reports import json_entry, render_csv, render_gradescope, render_json
from keras_cnn_course.homework.grading.submission_results import SubmissionResult
from keras_cnn_course.homework.judging.planning import plan_cases

SOME = [find_exercise(name) for name in ("convolution", "padding", "filters", "relu")]


@pytest.fixture(scope="module")
def results(submit_once, tmp_path_factory):
    wrong = "import numpy\n\ndef relu(values):\n    return numpy.abs(values)\n"
    starter = find_exercise("filters").read("starter.py")
    broken = tmp_path_factory.mktemp("zip") / "=1+1.zip"
    broken.write_bytes(b"no zip")
    paths = [submit_once("ada"), submit_once("grace", relu=wrong, filters=starter), broken]
    return grade_submissions(paths, secret=b"a secret of the class", exercises=SOME)


def test_gradescope_gets_what_it_reads(results):
    values = json.loads(render_gradescope(results[1], isolation="isolation: process-only"))
    assert set(values) == {"score", "execution_time", "output", "output_format", "visibility", "tests"}
    assert isinstance(values["execution_time"], float)
    assert "isolation: process-only" in values["output"]
    assert len(values["tests"]) == 2 * len(SOME)
    for test in values["tests"]:
        assert set(test) == {
            *("name", "number", "score", "max_score", "status", "output", "output_format", "visibility", "tags")
        }
        assert test["status"] in ("passed", "failed")
        assert 0 <= test["score"] <= test["max_score"]
        assert test["visibility"] == "visible"
        assert isinstance(test["number"], str)
    assert sum(test["max_score"] for test in values["tests"]) == pytest.approx(26)
    assert sum(test["score"] for test in values["tests"]) == pytest.approx(values["score"])
    relu = next(test for test in values["tests"] if test["number"] == "5.1")
    assert "Your result is the absolute value" in relu["output"]
    assert "kcnn homework explain relu" in relu["output"]
    assert relu["tags"] == ["relu", "relu"]


def test_graded_tests_can_wait(results):
    values = json.loads(render_gradescope(results[0], isolation="", graded_visibility="after_published"))
    assert [test["visibility"] for test in values["tests"]] == ["visible", "after_published"] * len(SOME)


def test_points_that_are_not_given_for_public_cases_are_explained(submit):
    public = sum(len(case.calls) for case in plan_cases(find_exercise("relu"), "mallory", b""))
    counting = "import numpy\ncalls = []\n\ndef relu(values):\n    calls.append(1)\n"
    counting += f"    return numpy.maximum(values, 0) if len(calls) <= {public} else -values\n"
    (result,) = grade_submissions([submit("mallory", relu=counting)], secret=b"a secret of the class", exercises=SOME)
    tests = {test["number"]: test for test in json.loads(render_gradescope(result, isolation=""))["tests"]}
    assert tests["5.1"]["status"] == "passed"
    assert tests["5.1"]["score"] < tests["5.1"]["max_score"]
    assert "so some points are withheld" in tests["5.1"]["output"]


def test_a_table_has_one_row_per_submission_and_computes_nothing(results):
    rows = list(csv.DictReader(io.StringIO(render_csv(results, SOME))))
    assert [row["score"] for row in rows] == ["26", f"{results[1].score:g}", ""]
    assert [row["student"] for row in rows] == ["ada", "grace", ""]
    assert [row["relu"] for row in rows] == ["4", "0", ""]
    assert rows[1]["filters"] == "0"
    assert rows[2]["submission"] == "'=1+1.zip"
    assert rows[2]["status"] == "unreadable"


def test_no_score_stands_where_the_grader_failed(tmp_path):
    failed = SubmissionResult(tmp_path / "a.zip", "@ada", "grader error", "+1\n=2", (), 1.0, 26)
    (row,) = csv.DictReader(io.StringIO(render_csv([failed], SOME)))
    assert (row["score"], row["student"], row["message"]) == ("", "'@ada", "'+1 =2")
    values = json.loads(render_json([json_entry(failed)], isolation=""))
    assert values["submissions"][0]["score"] is None


def test_statistics_count_what_was_graded(results):
    text = render_json(list(map(json_entry, results)), isolation="")
    found = {each.exercise: each for each in read_statistics(text, source="x")}
    assert (found["convolution"].submissions, found["convolution"].started, found["convolution"].passed) == (2, 2, 2)
    assert (found["filters"].started, found["filters"].passed) == (1, 1)
    assert found["filters"].mean == 3.0
    assert found["relu"].diagnoses == (("absolute value", 1),)
    checks = {check.name: (check.passed, check.started) for check in found["relu"].checks}
    assert checks["cases by hand"] == (1, 2)
    assert checks["graded: random cases"] == (1, 2)


def test_no_file_for_gradescope_replaces_another(tmp_path):
    from keras_cnn_course.cli.commands.homework.gradescope_files import GradescopeFiles
    from keras_cnn_course.homework.grading.ownership import Submission

    labels = ["ada.lovelace", "ada.byron", "ada", "ada-2", "Ada", "ada b", "ada_b", "x" * 200 + "1", "y" * 200 + "1"]
    submissions = [Submission(tmp_path / label, label) for label in labels]
    submissions += [Submission(tmp_path / "s1" / "hw.zip", "hw.zip"), Submission(tmp_path / "s2" / "hw.zip", "hw.zip")]
    for chosen in (submissions[:9], submissions):
        out = tmp_path / f"out-{len(chosen)}"
        out.mkdir()
        files = GradescopeFiles(chosen, out, isolation="none", visibility="visible")
        for each in chosen:
            files.write(refuse_submission(each, f"This is {each.path}.", exercises=[]))
        assert len(list(out.iterdir())) == len(chosen)


def test_each_file_for_gradescope_is_written_as_soon_as_its_result_is_known(tmp_path):
    from keras_cnn_course.cli.commands.homework.gradescope_files import GradescopeFiles
    from keras_cnn_course.homework.grading.ownership import Submission

    submissions = [Submission(tmp_path / f"{name}.zip", f"{name}.zip") for name in ("ada", "bo")]
    files = GradescopeFiles(submissions, tmp_path / "out", isolation="none", visibility="visible")
    (tmp_path / "out").mkdir()
    files.write(refuse_submission(submissions[1], "It is empty.", exercises=[]))
    (written,) = (tmp_path / "out").iterdir()
    assert written.name == "bo.zip.json"  # without its place in the class, which another hand-in changes
    assert "It is empty." in written.read_text("utf-8")
