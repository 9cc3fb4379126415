"""The admin client, against the real control plane."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fake import FakeServer
from flagset import TREE
from gonfalon import Gonfalon
from gonfalon.admin import Admin, ApiError, AsyncAdmin
from test_server import ADMIN, ControlPlane
from watcher import QUICK

KEYS: list[str] = json.loads((TREE / "hostsdk/testdata/keys.json").read_text())


@pytest.fixture
def plane(binary: Path, tmp_path: Path) -> Iterator[ControlPlane]:
    plane = ControlPlane(binary, tmp_path / "data")
    yield plane
    plane.stop()


@pytest.fixture
def admin(plane: ControlPlane) -> Iterator[Admin]:
    with Admin(plane.url + "/", ADMIN) as admin:
        yield admin


def test_a_program_writes_flags_reads_them_and_sees_them_in_a_client(plane: ControlPlane, admin: Admin) -> None:
    for key in KEYS:
        made = admin.put_flag(env="default", key=key, body={"gates": [{"type": "group", "target": "staff", "enabled": True}]})
        assert (made.status, made.data["key"]) == (201, key)
    token = admin.create_token(body={"name": "python", "role": "sdk", "envs": ["default"]}).data["token"]
    with Gonfalon(plane.url, token, **QUICK) as flags:
        assert set(flags.keys) == set(KEYS)
        assert all(flags.enabled(key, "user:1", groups=["staff"]) and not flags.enabled(key, "user:1") for key in KEYS)
        assert flags.stats.unknown == 0
        revision = admin.enable_flag(env="default", key="größe", body={"for_actor": "user:7"}).data["revision"]
        assert flags.wait_for(revision, 10)
        assert flags.enabled("größe", "user:7") and not flags.enabled("größe", "user:8")
    gates = admin.get_flag(env="default", key="größe").data["gates"]
    assert [(gate["type"], gate["target"]) for gate in gates] == [("actor", "user:7"), ("group", "staff")]
    assert [flag["key"] for flag in admin.list_flags(env="default", search="new_ui", limit=5).data["flags"]] == ["new_ui?"]
    assert admin.delete_flag(env="default", key="größe", reason="done").data is None


def test_a_change_of_what_has_changed_meanwhile_is_refused(admin: Admin) -> None:
    first = admin.put_flag(env="default", key="f", body={"gates": []})
    assert first.etag and admin.get_flag(env="default", key="f", if_none_match=first.etag).status == 304
    admin.enable_flag(env="default", key="f", body={})
    with pytest.raises(ApiError, match="412") as refused:
        admin.put_flag(env="default", key="f", body={"gates": []}, if_match=first.etag)
    assert refused.value.status == 412 and refused.value.problem["status"] == 412


def test_one_token_changes_flags_for_many_people(plane: ControlPlane, admin: Admin) -> None:
    made = admin.create_token(body={"name": "ci", "role": "editor", "acts_for_others": True}).data
    names = ["ada", "Zoë, 50% <zoe@example.org>"]
    with Admin(plane.url, made["token"]) as ci:
        for name in names:
            flag = ci.enable_flag(env="default", key="f", body={"for_actor": name}, on_behalf_of=name).data
            assert (flag["updated_by"], flag["updated_on_behalf_of"]) == ("ci", name)
        for name in ["", "a\nb", "x" * 10_000]:
            with pytest.raises(ApiError, match=r"4(00|22)"):
                ci.enable_flag(env="default", key="f", body={}, on_behalf_of=name)
    entries = admin.audit(by="ci").data["entries"]
    assert [(entry["token"], entry["on_behalf_of"]) for entry in reversed(entries)] == [(made["id"], name) for name in names]
    assert len(admin.audit(on_behalf_of="ada").data["entries"]) == 1
    with pytest.raises(ApiError, match=r"403 .*may not act for"):
        admin.kill_flag(env="default", key="f", on_behalf_of="ada")


def test_flags_go_out_and_in_as_text(admin: Admin) -> None:
    admin.put_flag(env="default", key="f", body={"gates": [{"type": "boolean", "enabled": True}]})
    written = admin.export_environment(env="default").data
    assert isinstance(written, str) and [flag["key"] for flag in yaml.safe_load(written)["flags"]] == ["f"]
    admin.create_environment(body={"key": "copy"})
    tried = admin.import_environment(env="copy", body=written, dry_run=True)
    assert tried.status == 200 and admin.list_flags(env="copy").data["flags"] == []
    admin.import_environment(env="copy", body=written)
    assert admin.get_flag(env="copy", key="f").data["gates"][0]["enabled"]


def test_a_backup_is_bytes(admin: Admin) -> None:
    backup = admin.backup().data
    assert isinstance(backup, bytes) and backup


def test_what_is_refused_says_why(plane: ControlPlane, admin: Admin) -> None:
    with pytest.raises(ApiError, match=r"404 .*nope") as missing:
        admin.get_flag(env="default", key="nope")
    assert missing.value.status == 404
    with Admin(plane.url, plane.sdk_token()) as reader, pytest.raises(ApiError) as refused:
        reader.put_flag(env="default", key="f", body={"gates": []})
    assert refused.value.status == 403


def test_the_same_for_asyncio(plane: ControlPlane) -> None:
    async def program() -> None:
        async with AsyncAdmin(plane.url, ADMIN) as admin:
            await admin.put_flag(env="default", key="f", body={"gates": []})
            assert [flag["key"] for flag in (await admin.list_flags(env="default")).data["flags"]] == ["f"]
            with pytest.raises(ApiError, match="404"):
                await admin.get_flag(env="default", key="nope")

    asyncio.run(program())


def test_no_redirect_is_followed_so_that_the_token_stays(server: FakeServer) -> None:
    with FakeServer(b"") as other, Admin(server.url, "token") as admin:
        server.status, server.headers = 307, {"Location": other.url}
        with pytest.raises(ApiError, match="307"):
            admin.list_flags(env="default")
        assert other.requests.empty()


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_a_key_that_would_name_another_resource_is_not_sent(server: FakeServer, key: str) -> None:
    with Admin(server.url, "token") as admin, pytest.raises(ValueError, match="key is"):
        admin.delete_flag(env="default", key=key)
    assert server.requests.empty()


def test_a_key_is_one_part_of_the_path(server: FakeServer) -> None:
    with Admin(server.url + "/behind", "token") as admin, pytest.raises(ApiError):
        admin.get_flag(env="default", key="f/history?limit=1")
    assert server.requests.get(timeout=10)[0] == "/behind/v1/envs/default/flags/f%2Fhistory%3Flimit%3D1"


def test_an_answer_has_a_limit(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonfalon.admin.MAX_ANSWER_BYTES", 10)
    with Admin(server.url, "token") as admin, pytest.raises(ValueError, match="more than 10 bytes"):
        admin.get_snapshot(env="default", formats="1")


def test_the_operations_are_those_of_the_document_but_for_streams() -> None:
    document = yaml.safe_load((TREE / "controlplane/httpapi/openapi.yaml").read_text())
    paths = [item for path in document["paths"].values() for item in path.items()]
    names = {operation["operationId"] for method, operation in paths if method != "parameters"}
    assert len(Admin.operations) == len(names - {"streamSnapshots", "streamChanges", "ofrepEvents"})
    assert {"get_flag", "put_flag", "list_flags", "clear_flag", "explain_flag", "audit"} <= Admin.operations.keys()
    for name in Admin.operations:
        assert inspect.getdoc(getattr(Admin, name))


def test_arguments_are_those_of_the_document() -> None:
    parameters = inspect.signature(Admin.put_flag).parameters
    assert list(parameters) == ["self", "env", "key", "if_match", "if_none_match", "dry_run", "on_behalf_of", "body"]
    with Admin("http://127.0.0.1:9", "token") as admin:
        with pytest.raises(TypeError, match="has no for_group"):
            admin.enable_flag(env="default", key="f", body={}, for_group="staff")
        with pytest.raises(TypeError, match="needs body, key"):
            admin.put_flag(env="default")
        with pytest.raises(AttributeError):
            admin.put_flags(env="default")
