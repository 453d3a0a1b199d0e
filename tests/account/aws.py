"""An AWS account on loopback: moto's server, with functions, metrics and logs put into it."""

from __future__ import annotations

import io
import os
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from tests.account.front import Front, front_of

REGION = "eu-west-1"
KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "canary-secret-key",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
ROLE_TRUST = '{"Version": "2012-10-17", "Statement": []}'


def report_line(request: str, duration: float, init: float | None, *, memory: int = 512) -> str:
    """Return a REPORT line as Lambda writes it since it bills init."""
    billed = int(duration + (init or 0)) + 1
    tail = "" if init is None else f"Init Duration: {init:.2f} ms\t"
    return (
        f"REPORT RequestId: {request}\tDuration: {duration:.2f} ms\tBilled Duration: {billed} ms\t"
        f"Memory Size: {memory} MB\tMax Memory Used: 90 MB\t{tail}\n"
    )


def zipped(files: dict[str, str]) -> bytes:
    """Return a ZIP with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


class LoopbackAccount:
    """Puts things into the account as AWS and its users would."""

    def __init__(self, url: str, front: Front) -> None:
        self.url, self.front = url, front
        self.role: str | None = None
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = REGION) -> Any:
        # A client takes boto3 longer to make than its request takes the server.
        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
        return self._clients[service, region]

    @property
    def environment(self) -> dict[str, str]:
        """Variables under which any AWS client reads this account and no other address."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.front.url}

    def function(self, name: str, *, region: str = REGION, **changes: Any) -> str:
        """Create a function and return its ARN."""
        if self.role is None:
            iam = self.client("iam")
            answer = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=ROLE_TRUST)
            self.role = answer["Role"]["Arn"]
        given = {
            "FunctionName": name,
            "Runtime": "python3.12",
            "Role": self.role,
            "Handler": "app.handler",
            "MemorySize": 512,
            "Code": {"ZipFile": zipped({"app.py": "def handler(event, context): pass\n"})},
            **changes,
        }
        self.front.packages[name] = given["Code"].get("ZipFile", b"")
        made = self.client("lambda", region).create_function(**given)
        return str(made["FunctionArn"])

    def layer(self, name: str, files: dict[str, str], *, region: str = REGION) -> str:
        """Publish a layer and return the ARN of its version."""
        data = zipped(files)
        self.front.packages[name] = data
        made = self.client("lambda", region).publish_layer_version(
            LayerName=name, Content={"ZipFile": data}
        )
        return str(made["LayerVersionArn"])

    def logs(
        self,
        group: str,
        lines: Sequence[str],
        *,
        stream: str = "2026/11/29/[$LATEST]0123456789abcdef0123456789abcdef",
        region: str = REGION,
        ago_s: float = 3_600,
    ) -> None:
        """Write lines to a log group, which is made if it is not there, one a millisecond."""
        client = self.client("logs", region)
        with suppress(client.exceptions.ResourceAlreadyExistsException):
            client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName=stream)
        begin = int((time.time() - ago_s) * 1_000)
        for at in range(0, len(lines), 1_000):
            part = [
                {"timestamp": begin + number, "message": line}
                for number, line in enumerate(lines[at : at + 1_000], at)
            ]
            client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=part)

    def invocations(self, name: str, count: float, *, region: str = REGION) -> None:
        """Let the metrics say that a function ran so often an hour ago."""
        self.metric("Invocations", name, count, region=region)

    def metric(self, metric: str, name: str, value: float, *, region: str = REGION) -> None:
        """Put one value of a function's metric an hour ago."""
        self.client("cloudwatch", region).put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": name}],
                    "Timestamp": time.time() - 3_600,
                    "Value": value,
                }
            ],
        )


@contextmanager
def loopback_account() -> Iterator[LoopbackAccount]:
    """Start an empty account on a free port of loopback."""
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        # All of moto's servers in one process have the same account behind them.
        urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()
        with front_of(url) as front:
            yield LoopbackAccount(url, front)
    finally:
        server.stop()
