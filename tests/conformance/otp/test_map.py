"""The map of OTP's suites: complete, true to the tests, and on its page."""

from __future__ import annotations

import pytest

from tests.conformance.otp import page

MAP = page.read()
TESTS = page.tests_by_name()
CASES = [(suite.name, case) for suite in MAP.suites for case in suite.cases]


@pytest.mark.parametrize("suite", MAP.suites, ids=lambda suite: suite.name)
def test_every_case_of_a_suite_is_listed(suite: page.Suite) -> None:
    assert len(suite.cases) == suite.counted


@pytest.mark.parametrize("suite", MAP.suites, ids=lambda suite: suite.name)
def test_every_test_named_exists(suite: page.Suite) -> None:
    for case in suite.cases:
        for test in case.tests:
            assert page.place(test, TESTS), case.name


def test_every_reason_is_known_and_used() -> None:
    assert {case.no for _, case in CASES if case.no} == set(MAP.reasons)


def test_nine_in_ten_of_the_applicable_cases_are_ported() -> None:
    assert MAP.count("tests") >= 0.9 * MAP.applicable


def test_the_page_is_up_to_date() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(MAP), (
        "run python -m tests.conformance.otp.page"
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [(5, "expected test names"), ([], "expected test names"), ({"no": "x", "open": "y"}, "got")],
)
def test_a_line_that_says_nothing_is_refused(value: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        page._case("case", value)


def test_a_name_must_lead_to_one_test() -> None:
    tests = {"test_a": ["tests/x.py", "tests/y.py"], "test_b": ["tests/x.py"]}
    assert page.place("test_b", tests) == "tests/x.py::test_b"
    assert page.place("y.py::test_a", tests) == "tests/y.py::test_a"
    for wrong in ("test_a", "test_c", "z.py::test_b"):
        with pytest.raises(LookupError, match="test"):
            page.place(wrong, tests)
