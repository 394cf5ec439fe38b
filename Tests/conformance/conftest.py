"""Fixtures: a server (given by --url or started here), a client, tables.

The cases use nothing but the public API through boto3, so that they run against any endpoint. Every
table has a name of its own, so that runs do not meet each other.
"""
import contextlib
import itertools
import os
import re
import subprocess
import time

import boto3
import botocore.config
import botocore.exceptions
import pytest


def pytest_addoption(parser):
    parser.addoption("--url", help="endpoint to test; without it a server is started")


@contextlib.contextmanager
def serving(*options):
    """The address of a server of its own, in memory, that ends with the block."""
    command = os.environ["PLIMSOLL"].split() + ["serve", "--memory", "--port", "0", *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        for line in server.stdout:
            found = re.search(r"https?://\S+:\d+", line)
            if found:
                yield found.group(0)
                break
        else:
            raise RuntimeError("the server ended without telling where it listens")
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture(scope="session")
def url(request):
    given = request.config.getoption("--url")
    if given:
        yield given
        return
    with serving() as started:
        yield started


def connect(url, attempts=1):
    """A client that tries `attempts` times."""
    return boto3.client(
        "dynamodb", endpoint_url=url, region_name="us-east-1", aws_access_key_id="id",
        aws_secret_access_key="secret",
        config=botocore.config.Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            parameter_validation=False))


@pytest.fixture(scope="session")
def client(url):
    return connect(url)


NAMES = (f"case-{os.getpid()}-{number}" for number in itertools.count())


def key_schema(partition, sort=None):
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return keys + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])


def wait_active(client, name):
    for _ in range(200):
        table = client.describe_table(TableName=name)["Table"]
        indexes = table.get("GlobalSecondaryIndexes", [])
        states = [table["TableStatus"]] + [index["IndexStatus"] for index in indexes]
        if all(state == "ACTIVE" for state in states):
            return table
        time.sleep(0.05)
    raise TimeoutError(name)


def make_table(client, partition="pk", sort=None, types=None, **more):
    """Creates a table of keys with types ("S" unless told) and waits for it."""
    types = {partition: "S", **({sort: "S"} if sort else {}), **(types or {})}
    name = next(NAMES)
    if "ProvisionedThroughput" not in more:
        more["BillingMode"] = "PAY_PER_REQUEST"
    client.create_table(
        TableName=name, KeySchema=key_schema(partition, sort),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in types.items()], **more)
    wait_active(client, name)
    return name


def index(name, partition, sort=None, projection="ALL", **more):
    return {
        "IndexName": name, "KeySchema": key_schema(partition, sort),
        "Projection": {"ProjectionType": projection}, **more}


@pytest.fixture(scope="session")
def plain(client):
    """A table of a text key pk."""
    name = make_table(client)
    yield name
    client.delete_table(TableName=name)


@pytest.fixture(scope="session")
def wide(client):
    """Keys pk and sk (number); global index byG (g, sk), local index byL (l), keys only."""
    name = make_table(
        client, sort="sk", types={"sk": "N", "g": "S", "l": "N"},
        GlobalSecondaryIndexes=[index("byG", "g", "sk")],
        LocalSecondaryIndexes=[index("byL", "pk", "l", "KEYS_ONLY")])
    for number in range(30):
        client.put_item(
            TableName=name,
            Item={
                "pk": {"S": f"p{number % 3}"}, "sk": {"N": str(number - 15)},
                "g": {"S": f"g{number % 2}"}, "l": {"N": str(100 - number)}, "x": {"S": "y" * 50}})
    yield name
    client.delete_table(TableName=name)


def refusal(call, **parameters):
    """The code and message that a call is refused with."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
