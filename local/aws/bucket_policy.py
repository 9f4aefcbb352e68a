"""AWS::S3::BucketPolicy, which moto's CloudFormation lacks; `completion` sets its text."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition


class BucketPolicy(CloudFormationModel):
    """The resource, which moto finds among the subclasses of its own class."""

    def __init__(self, bucket: str) -> None:
        self.physical_resource_id = bucket

    @staticmethod
    def cloudformation_type() -> str:
        """Return the type in templates."""
        return "AWS::S3::BucketPolicy"

    @staticmethod
    def cloudformation_name_type() -> str:
        """Return the property that names it: for another bucket it is another policy."""
        return "Bucket"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> BucketPolicy:
        """Create the resource, without its text."""
        return cls(cloudformation_json["Properties"]["Bucket"])

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the policy from its bucket."""
        buckets = s3_backends[account_id][get_partition(region_name)]
        buckets.delete_bucket_policy(self.physical_resource_id)
