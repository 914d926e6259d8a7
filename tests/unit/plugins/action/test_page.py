# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import stat

import pytest

from ansible_collections.meshwork.wireguard.plugins.action import page as module
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NODES = {
    name: {"public_key": key(name), "endpoint": f"198.18.0.{n}", "addresses": [f"10.8.0.{n}"]} for n, name in enumerate("ab", 1)
}
DOCUMENT = json.dumps({"prefixes": ["10.8.0.0/24"], "nodes": NODES})
SILENT = {"network": "wireguard", "nodes": ["a", "b"], "code": "unknown", "cause": "no <cause> was found", "remedy": "look"}
REPORT = {"tools_version": "1.0.20210914", "systemd_version": "252", "time": 0.0, "interfaces": []}


@pytest.fixture
def run(playbook, tmp_path):
    """Give a function that writes a page of two hosts, one of which has reported: status and output."""

    def go(dest, *options, **arguments):
        inventory = tmp_path / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"a": {"reported": REPORT, "wireguard_x": 1}, "b": {}}}}))
        given = {"networks": [DOCUMENT], "reports_from": "reported", "prepared_from": "prepared", "pairs": [SILENT]}
        task = {"meshwork.wireguard.page": {**given, "dest": str(dest), **arguments}, "run_once": True}
        process = playbook([{"hosts": "all", "gather_facts": False, "tasks": [task]}], "-i", inventory, *options)
        output, _none = process.communicate(timeout=120)
        return process.returncode, " ".join(output.split())

    return go


def mode(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_predicted_written_and_replaced(run, tmp_path):
    dest = tmp_path / "out" / "page.html"
    status, output = run(dest, "--check", "--diff")
    assert (status, dest.parent.exists()) == (0, False), output
    assert "changed=1" in output
    assert "no &lt;cause&gt; was found" in output
    assert run(dest)[0] == 0
    first = dest.read_text()
    assert "no &lt;cause&gt; was found" in first
    assert (mode(dest), [path.name for path in dest.parent.iterdir()]) == ("0o600", ["page.html"])
    status, output = run(dest, "--check", pairs=[])
    assert (status, "changed=1" in output, dest.read_text() == first) == (0, True, True), output
    assert run(dest, mode="0644", pairs=[])[0] == 0
    assert (mode(dest), "was found" in dest.read_text()) == ("0o644", False)


def test_a_large_file_is_not_in_the_diff(tmp_path):
    path = tmp_path / "page.html"
    names = {"before_header": str(path), "after_header": str(path)}
    long = b"x" * (module.MOST_IN_DIFF + 1)
    assert module._diff(path, None, b"new") == {**names, "before": "", "after": "new"}
    assert module._diff(path, b"old", long) == {**names, "src_larger": module.MOST_IN_DIFF}
    assert module._diff(path, long, b"new") == {**names, "dst_larger": module.MOST_IN_DIFF}


@pytest.mark.parametrize(
    ("dest", "arguments", "said"),
    [
        ("folder", {}, "is a directory; name a file in it, such as"),
        ("link.html", {}, "link.html: is a link, and links are not followed; remove it"),
        ("group_vars/page.html", {}, "as inventory, so what is written there would become hosts, groups or variables"),
        ("page.html", {"mode": "0666"}, "value of mode must be one of: 0600, 0640, 0644, got: 0666"),
        ("page.html", {"pairs": [{"network": "n"}]}, "missing required arguments: cause, code, nodes, remedy found in pairs"),
    ],
)
def test_refused(run, tmp_path, dest, arguments, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.html").symlink_to(tmp_path / "elsewhere.html")
    status, output = run(tmp_path / dest, **arguments)
    assert (status, said in output) == (2, True), output
    assert not (tmp_path / "elsewhere.html").exists()


def test_without_graphviz(run, tmp_path, monkeypatch):
    """The rest is written, with a warning, as a nightly run should not fail for a picture."""
    monkeypatch.setenv("PATH", "/nonexistent")
    status, output = run(tmp_path / "page.html")
    assert (status, "the page has no picture: an SVG needs Graphviz on the controller" in output) == (0, True), output
    assert (tmp_path / "page.html").exists()
