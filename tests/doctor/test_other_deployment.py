"""The Variable amplitude_deployment names another deployment than the one that was set up."""

from __future__ import annotations

import pytest

from tests.doctor.deployment import Deployment, failed

CHECKS = ("bucket.settings", "snowflake.stage", "trust", "transform.role")


def test_another_deployments_objects_are_not_taken_for_its_own(deployment: Deployment) -> None:
    """Each side is a finding, and the advice names the Variable."""
    checks = deployment.examine("test")
    assert failed(checks) == list(CHECKS)
    assert "belongs to the deployment default, and this is test" in checks["bucket.settings"].found
    stage = checks["snowflake.stage"]
    assert "amplitude_s3, and not amplitude_s3_test of the deployment test" in stage.found
    assert "the Variable amplitude_deployment" in stage.do
    assert "AMPLITUDE_TRANSFORMER_TEST" in checks["transform.role"].do


@pytest.mark.parametrize("name", ["Test", "te_st"])
def test_a_wrong_name_is_a_finding(deployment: Deployment, name: str) -> None:
    """The checks that need no name ran all the same."""
    checks = deployment.examine(name)
    assert failed(checks) == list(CHECKS)
    for check in CHECKS:
        assert "1 to 20 lower-case letters and digits" in checks[check].do
