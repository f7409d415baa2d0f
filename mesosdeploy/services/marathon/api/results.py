"""Answers of the requests that start a deployment."""

from __future__ import annotations

from aiohttp import web

from mesosdeploy.services.marathon.model import Deployment

DEPLOYMENT_HEADER = "Marathon-Deployment-Id"


def deployment_result(
    deployment: Deployment, *, status: int = 200, location: str = ""
) -> web.Response:
    """Answer with the deployment that was started; `location` names what was created."""
    headers = {DEPLOYMENT_HEADER: deployment.id}
    if location:
        headers["Location"] = location
    body = {"version": deployment.version, "deploymentId": deployment.id}
    return web.json_response(body, status=status, headers=headers)
