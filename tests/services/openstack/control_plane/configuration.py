"""The configuration of each service of a control plane on one machine, without a broker. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ADDRESS = "127.0.0.1"
REGION = "RegionOne"
SERVICE_PASSWORD = "service"
HOSTS = ("host1", "host2", "host3")
"""The compute hosts; each is an availability zone of its own."""

PLACEHOLDERS: Mapping[str, int] = {
    "keystone": 1,
    "placement": 2,
    "glance": 3,
    "neutron": 4,
    "nova": 5,
}
"""Service -> the port that stands in the template's catalogue, replaced when it is copied."""

PATHS: Mapping[str, tuple[str, str]] = {
    "keystone": ("identity", "/v3"),
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "neutron": ("network", ""),
    "nova": ("compute", "/v2.1"),
}
"""Service -> its type in the catalogue, and what follows its port there."""


def url(service: str, ports: Mapping[str, int]) -> str:
    """Return where a service answers."""
    return f"http://{ADDRESS}:{ports[service]}{PATHS[service][1]}"


def files(root: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """Return path below `root` -> text."""
    sections = {
        "keystone/keystone.conf": _keystone(root),
        "placement/placement.conf": _placement(root, ports),
        "glance/glance-api.conf": _glance(root, ports),
        "nova/nova.conf": _nova(root, ports),
        "neutron/neutron.conf": _neutron(root, ports),
        "neutron/ml2.ini": _ML2,
    }
    return {path: _ini(content) for path, content in sections.items()}


Sections = Mapping[str, Mapping[str, object]]


def _ini(sections: Sections) -> str:
    lines = []
    for name, settings in sections.items():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in settings.items()), ""]
    return "\n".join(lines)


def database(root: Path, name: str) -> str:
    """Return the address of a database."""
    return f"sqlite:///{root}/databases/{name}.db?timeout=60"


def _login(user: str, ports: Mapping[str, int]) -> dict[str, object]:
    keystone = url("keystone", ports)
    return {
        "www_authenticate_uri": keystone,
        "auth_url": keystone,
        "auth_type": "password",
        "project_domain_id": "default",
        "user_domain_id": "default",
        "project_name": "service",
        "username": user,
        "password": SERVICE_PASSWORD,
        "region_name": REGION,
    }


def _guard(service: str, ports: Mapping[str, int]) -> dict[str, object]:
    """Return how a service checks tokens, those that may make certain calls only among them."""
    return {**_login(service, ports), "service_type": PATHS[service][0]}


def _keystone(root: Path) -> Sections:
    return {
        "DEFAULT": {"log_file": root / "logs/keystone.log"},
        # The fewest that it takes: who logs in a hundred times shall not wait for its passwords.
        "identity": {"password_hash_rounds": 4},
        "database": {"connection": database(root, "keystone")},
        "fernet_tokens": {"key_repository": root / "keystone/fernet"},
        "credential": {"key_repository": root / "keystone/credential"},
        "cache": {"enabled": "true", "backend": "dogpile.cache.memory"},
    }


def _placement(root: Path, ports: Mapping[str, int]) -> Sections:
    return {
        "DEFAULT": {"log_file": root / "logs/placement.log"},
        "placement_database": {"connection": database(root, "placement")},
        "keystone_authtoken": _guard("placement", ports),
    }


def _glance(root: Path, ports: Mapping[str, int]) -> Sections:
    stores = {name: {"filesystem_store_datadir": root / f"glance/{name}"} for name in _STORES}
    return {
        "DEFAULT": {
            "log_file": root / "logs/glance.log",
            "enabled_backends": "images:file",
            "worker_self_reference_url": url("glance", ports),
            "enabled_import_methods": "[]",
            "transport_url": "fake:/",
        },
        "database": {"connection": database(root, "glance")},
        "glance_store": {"default_backend": "images"},
        **stores,
        "paste_deploy": {"flavor": "keystone"},
        "keystone_authtoken": _guard("glance", ports),
        "oslo_concurrency": {"lock_path": root / "locks"},
    }


_STORES = ("images", "os_glance_tasks_store", "os_glance_staging_store")


def _nova(root: Path, ports: Mapping[str, int]) -> Sections:
    login = _login("nova", ports)
    return {
        "DEFAULT": {
            "log_file": root / "logs/nova.log",
            "state_path": root / "nova/state",
            "my_ip": ADDRESS,
            "transport_url": "fake:/",
            "compute_driver": "machines.Driver",
            "sync_power_state_interval": -1,
        },
        "database": {"connection": database(root, "nova_cell1")},
        "api_database": {"connection": database(root, "nova_api")},
        "keystone_authtoken": _guard("nova", ports),
        "service_user": {"send_service_user_token": "true", **login},
        "placement": login,
        "neutron": login,
        "cinder": login,
        "glance": {"api_servers": url("glance", ports)},
        "vnc": {"enabled": "false"},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 5},
        "conductor": {"workers": 1},
        "filter_scheduler": {"track_instance_changes": "false"},
        "oslo_concurrency": {"lock_path": root / "locks"},
        "quota": {"instances": 100, "cores": -1, "ram": -1},
    }


def _neutron(root: Path, ports: Mapping[str, int]) -> Sections:
    return {
        "DEFAULT": {
            "log_file": root / "logs/neutron.log",
            "state_path": root / "neutron/state",
            "core_plugin": "ml2",
            "service_plugins": "router",
            "transport_url": "fake:/",
            "notify_nova_on_port_status_changes": "true",
            "notify_nova_on_port_data_changes": "true",
            # The agents are rows in the database: none of them reports again.
            "agent_down_time": 2147483,
            "api_workers": 1,
            "rpc_workers": 0,
        },
        "database": {"connection": database(root, "neutron")},
        "keystone_authtoken": _guard("neutron", ports),
        "nova": _login("nova", ports),
        "placement": _login("neutron", ports),
        "oslo_concurrency": {"lock_path": root / "locks"},
        "quotas": {
            "quota_port": 500,
            "quota_security_group_rule": 1000,
            "quota_security_group": 50,
        },
    }


_ML2: Sections = {
    "ml2": {
        "type_drivers": "flat,vxlan",
        "tenant_network_types": "vxlan",
        "mechanism_drivers": "openvswitch",
        "extension_drivers": "port_security",
    },
    "ml2_type_vxlan": {"vni_ranges": "1:1000"},
    "ml2_type_flat": {"flat_networks": "public"},
    "securitygroup": {"enable_security_group": "true"},
}
