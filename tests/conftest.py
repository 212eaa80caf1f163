"""What holds for every test: skips that say why, none of them in CI, steady examples.

A test that needs something the machine lacks skips with a sentence that says how to
get it. With `CI=true` in the environment a skip is a failure: there everything a test
may need is installed first, so a skip would only hide that it is not.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

IS_CI = os.environ.get("CI") == "true"

# A busy machine must not fail a test for its pace; CI runs the same examples each time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if IS_CI else "here")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failed one."""
    report = yield
    if IS_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = _not_in_ci(item.nodeid, report.longrepr)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI a skipped file is a failed one."""
    report = yield
    if IS_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = _not_in_ci(collector.nodeid, report.longrepr)
    return report


def _not_in_ci(name: str, reason: Any) -> str:
    said = reason[2] if isinstance(reason, tuple) else reason
    return f"{name} was skipped, and in CI nothing may be: {said}"
