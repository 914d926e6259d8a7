# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus, its Alertmanager and node_exporter on loopback, with files of their own, and ended with the tests."""

from __future__ import annotations

import json
import re
import threading
import urllib.parse
import urllib.request
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from ansible_collections.meshwork.wireguard.tests.stores.servers import Server, free_ports

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "docs/monitoring"
PERIOD = "10s"
"""What the dashboard's ``$__rate_interval`` is here."""


class WebServer(Server):
    """One that answers to HTTP."""

    def __init__(self, name):
        super().__init__(name)
        (self.port,) = free_ports(1)
        self.address = f"127.0.0.1:{self.port}"

    def get(self, path, **words):
        """The text of a page."""
        asked = f"http://{self.address}{path}?{urllib.parse.urlencode(words)}"
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.read().decode()


class NodeExporter(WebServer):
    """It gives what is in the files of a directory."""

    def __init__(self):
        super().__init__("node-exporter")
        self.textfiles = self.directory / "textfiles"
        self.textfiles.mkdir()
        self.textfiles.chmod(0o755)

    def start(self):
        own = ["--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={self.textfiles}"]
        self.begin("prometheus-node-exporter", f"--web.listen-address={self.address}", *own)
        self.answering(lambda: self.get("/metrics"))


class Alertmanager(WebServer):
    """It passes alerts on to ``url`` at once."""

    def __init__(self, url):
        super().__init__("alertmanager")
        hook = {"name": "test", "webhook_configs": [{"url": url, "send_resolved": True}]}
        route = {"receiver": "test", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
        (self.directory / "conf.yml").write_text(yaml.safe_dump({"route": route, "receivers": [hook]}))

    def start(self):
        own = ["--config.file=conf.yml", "--storage.path=data", "--cluster.listen-address="]
        self.begin("prometheus-alertmanager", f"--web.listen-address={self.address}", *own)
        self.answering(lambda: self.get("/-/ready"))


class Prometheus(WebServer):
    """It scrapes each second; ``targets``: host -> address. The rules are the collection's, but alerts wait for less time."""

    def __init__(self, targets, alertmanager, waits):
        super().__init__("prometheus")
        rules, count = re.subn(
            r"^( +for:) \w+$", rf"\1 {waits}", (MONITORING / "rules.yml").read_text("utf-8"), flags=re.MULTILINE
        )
        assert count
        (self.directory / "rules.yml").write_text(rules, encoding="utf-8")
        hosts = [{"targets": [address], "labels": {"instance": host}} for host, address in targets.items()]
        conf = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.address]}]}]},
            "scrape_configs": [{"job_name": "node", "static_configs": hosts}],
        }
        (self.directory / "conf.yml").write_text(yaml.safe_dump(conf))

    def start(self):
        self.begin("prometheus", f"--web.listen-address={self.address}", "--config.file=conf.yml", "--storage.tsdb.path=data")
        self.answering(lambda: self.get("/-/ready"))

    def query(self, expression):
        """The samples of an expression now: labels, and the value."""
        found = json.loads(self.get("/api/v1/query", query=expression))["data"]["result"]
        return [(sample["metric"], float(sample["value"][1])) for sample in found]


class Received:
    """What Alertmanager sends: status, and labels without what the alert has of the target."""

    def __init__(self):
        self.notes = []
        notes = self.notes

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                notes.extend((alert["status"], alert["labels"]) for alert in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_words):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def of(self, status):
        """The alerts that were sent with a status: name, and node or pair, in order."""
        found = [labels for said, labels in self.notes if said == status]
        return [(labels["alertname"], labels.get("pair") or labels.get("node") or labels.get("instance")) for labels in found]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def watched(targets, waits):
    """Prometheus for some targets, with what its Alertmanager sends.

    :param waits: how long a fault must last until its alert fires.
    """
    with ExitStack() as stack:
        received = stack.enter_context(closing(Received()))
        alertmanager = stack.enter_context(closing(Alertmanager(received.url)))
        alertmanager.start()
        prometheus = stack.enter_context(closing(Prometheus(targets, alertmanager, waits)))
        prometheus.start()
        yield prometheus, received


def dashboard_queries():
    """Title of a panel -> what it asks for, as Grafana would with all networks and nodes."""
    panels = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))["panels"]
    for panel in panels:
        for target in panel["targets"]:
            text = target["expr"].replace("$__rate_interval", PERIOD)
            yield panel["title"], text.replace("$network", ".*").replace("$node", ".*")
