from dataclasses import replace

import pytest

from keras_cnn_course.homework.authoring.cases import mutate
from keras_cnn_course.homework.authoring.exercise import find_exercise
from keras_cnn_course.homework.judging.answers import ask, render_answer
from keras_cnn_course.homework.judging.judge import judge_exercise
from keras_cnn_course.homework.judging.planning import PYTHON, Work
from keras_cnn_course.homework.student.checking import check_exercises, describe_check, describe_result
from keras_cnn_course.homework.student.workspace import open_workspace

CONVOLUTION = find_exercise("convolution")


def judge_mutant(sandboxes, number, **options):
    source = mutate(CONVOLUTION.read("solution.py"), CONVOLUTION.load_mutants()[number])
    return judge_exercise(CONVOLUTION, Work("ada", {CONVOLUTION.stem: source}), sandboxes, **options)


def test_feedback_on_a_mistake(sandboxes):
    lines = describe_result(CONVOLUTION, judge_mutant(sandboxes, 0))
    assert lines == [
        "x convolution  cases by hand, case 1 of 3   0/8 points",
        "  The shape (2, 2) is correct, but [0, 1] is 3.0 instead of 2.0.",
        "  Your result equals a convolution with the kernel rotated by 180 degrees.",
        '  The lecture multiplies the window and the kernel element by element ("Take dot product!").',
        "  Next: kcnn homework explain convolution --case 1",
        "  Public checks: 1/5 passed. Graded checks: not run here (worth 40%).",
    ]


def test_a_random_case_is_reported_with_its_seed(sandboxes):
    result = judge_mutant(sandboxes, 0)
    check = next(check for check in result.public if check.name == "random cases")
    seed = f"{check.cases[0].seed:04x}"
    text = describe_check(CONVOLUTION, check)
    assert f"random cases, case 1 of 8 (seed {seed})" in text
    assert f"Next: kcnn homework explain convolution --seed {seed}" in text
    single = next(check for check in result.public if check.name == "single pixel")
    assert '--check "single pixel" --seed' in describe_check(CONVOLUTION, single)


def test_nothing_told_contains_the_solution(sandboxes):
    solution = [line.strip() for line in CONVOLUTION.read("solution.py").splitlines() if len(line.strip()) > 20]
    for number in range(len(CONVOLUTION.load_mutants())):
        text = "\n".join(describe_result(CONVOLUTION, judge_mutant(sandboxes, number)))
        assert not any(line in text for line in solution if "def " not in line)


def test_correct_work_and_work_not_started(sandboxes):
    correct = judge_exercise(CONVOLUTION, Work("ada", {CONVOLUTION.stem: CONVOLUTION.read("solution.py")}), sandboxes)
    assert describe_result(CONVOLUTION, correct)[0] == "ok convolution   4.8/8 points"
    assert describe_check(CONVOLUTION, correct.public[0]) == ""
    none = judge_exercise(CONVOLUTION, Work("ada", {}), sandboxes)
    assert describe_result(CONVOLUTION, none) == [
        "- convolution  not started   0/8 points",
        "  Start with ex01_convolution.py.",
    ]


def test_answers_earn_points_and_get_feedback_before_the_code_is_written(sandboxes):
    padding = find_exercise("padding")
    right, wrong = ask(padding, "ada")
    answers = f"[padding]\n{render_answer(right, solved=True)}\n{wrong.key} = 999\n"
    result = judge_exercise(padding, Work("ada", {}, answers), sandboxes)
    assert describe_result(padding, result) == [
        f"- padding  not started   {result.score:g}/8 points",
        "  Start with ex02_padding.py.",
        "  1 of 2 answers in answers.toml are correct.",
        f"  {wrong.key} = 999 in line 3 of answers.toml is not correct.",
        f"  {wrong.text}",
    ]
    assert result.score > 0


def test_an_error_leads_to_a_hint_only_where_no_case_would_help(sandboxes):
    work = Work("ada", {CONVOLUTION.stem: "def convolve(image, kernel):\n    while True: print('x' * 10**6)\n"})
    result = replace(judge_exercise(CONVOLUTION, work, sandboxes), stand_ins=("relu",))
    lines = describe_result(CONVOLUTION, result)
    assert any("--case 1" in line for line in lines)  # the flood of output raised an error in a case
    assert "  relu does not pass, so the reference's functions stood in for its own." in lines
    assert any("Your code printed:" in line for line in lines)
    broken = judge_exercise(CONVOLUTION, Work("ada", {CONVOLUTION.stem: "def"}), sandboxes)
    assert "  Next: kcnn homework hint convolution" in describe_result(CONVOLUTION, broken)


def test_what_builds_on_an_exercise_follows_it(hw, sandboxes):
    pool, shift = find_exercise("max_pooling"), find_exercise("shift")
    (hw / shift.file).write_text(shift.read("solution.py"))
    (checked,) = check_exercises(open_workspace(hw), [shift], sandboxes)
    assert checked.result.passed
    assert checked.result.stand_ins == ("max_pooling",)
    (hw / pool.file).write_text(pool.read("solution.py"))
    both = list(check_exercises(open_workspace(hw), [pool, shift], sandboxes))
    assert [each.result.passed for each in both] == [True, True]
    assert both[1].result.stand_ins == ()


def test_a_pass_is_remembered_and_forgotten(hw, sandboxes):
    relu = find_exercise("relu")
    for source, passes in ((relu.read("solution.py"), True), ("relu = 1", False), (relu.read("solution.py"), True)):
        (hw / relu.file).write_text(source)
        assert [each.result.passed for each in check_exercises(open_workspace(hw), [relu], sandboxes)] == [passes]
        assert (relu.stem in open_workspace(hw).passed) == passes


@pytest.mark.parametrize("line", ["", 'python = "3.10"\n'])
def test_a_pass_records_with_which_python(line, hw, sandboxes):
    """Version 0.1 recorded none. All else in homework.toml stays."""
    identity = '# mine\nstudent = "ada"\n{}[other]\ncourse = 1\n'
    (hw / "homework.toml").write_text(identity.format(line))
    for source, expected in (
        ("", identity.format(line)),
        ("solution.py", f'python = "{PYTHON}"\n{identity.format("")}'),
    ):
        (hw / CONVOLUTION.file).write_text(CONVOLUTION.read(source) if source else "convolve = 1")
        list(check_exercises(open_workspace(hw), [CONVOLUTION], sandboxes))
        assert (hw / "homework.toml").read_text() == expected
