"""Every operation of the service's published model is in one of the three lists of
docs/operations.md, and the server answers it as its list says."""
import json
import pathlib
import re
import urllib.error
import urllib.request

import boto3
import botocore.config

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "operations.md"


def lists():
    """Names by the heading they stand under."""
    found = {}
    for section in PAGE.read_text().split("\n## ")[1:]:
        heading, text = section.split(":", 1)
        found[heading] = re.findall(r"`([A-Z]\w+)`", text)
    return found


def clients(url):
    for service in ("dynamodb", "dynamodbstreams"):
        yield boto3.client(
            service, endpoint_url=url, region_name="us-east-1", aws_access_key_id="id",
            aws_secret_access_key="secret",
            config=botocore.config.Config(retries={"total_max_attempts": 1}))


def test_the_lists_hold_each_operation_of_the_model_once(url):
    model = [name for client in clients(url)
             for name in client.meta.service_model.operation_names]
    listed = [name for names in lists().values() for name in names]
    assert sorted(listed) == sorted(model)
    assert set(lists()) == {
        "Built", "Accepted and recorded", "Answered with UnknownOperationException"}


def code(url, target):
    """The code of the refusal of an empty request; None when it is none."""
    request = urllib.request.Request(url, data=b"{}", headers={
        "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"})
    try:
        urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        return json.load(error)["__type"].split("#")[1]


def test_only_operations_of_the_last_list_are_unknown(url):
    unknown = lists()["Answered with UnknownOperationException"]
    for client in clients(url):
        model = client.meta.service_model
        for name in model.operation_names:
            refusal = code(url, f"{model.metadata['targetPrefix']}.{name}")
            assert (refusal == "UnknownOperationException") == (name in unknown), (name, refusal)
