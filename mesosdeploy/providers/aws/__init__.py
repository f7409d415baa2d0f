"""Machines in AWS: EC2 through libcloud, what is around them through boto3."""

from __future__ import annotations

from mesosdeploy.providers.aws.provider import OPTIONS, AwsProvider

__all__ = ["OPTIONS", "AwsProvider"]
