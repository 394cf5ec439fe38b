"""Contributor insights: settings by the service's calls, what was counted by the server's page."""
import json
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import index, make_table, refusal, serving


def report(url, table):
    found = json.load(urllib.request.urlopen(url + "/_plimsoll/insights"))["Resources"]
    return {entry.get("IndexName"): {
        rule["RuleName"].split("-")[1]: rule["Contributors"] for rule in entry["Rules"]}
        for entry in found if entry["TableName"] == table}


def test_a_hot_key_is_found(url, client):
    table = make_table(
        client, sort="sk", types={"sk": "N", "g": "S"},
        GlobalSecondaryIndexes=[index("byG", "g")])
    assert client.describe_contributor_insights(
        TableName=table)["ContributorInsightsStatus"] == "DISABLED"
    answer = client.update_contributor_insights(
        TableName=table, ContributorInsightsAction="ENABLE")
    assert answer["ContributorInsightsStatus"] == "ENABLING"
    client.update_contributor_insights(
        TableName=table, IndexName="byG", ContributorInsightsAction="ENABLE",
        ContributorInsightsMode="THROTTLED_KEYS")
    for number in range(20):
        client.put_item(TableName=table, Item={
            "pk": {"S": f"p{number}"}, "sk": {"N": "1"}, "g": {"S": "one"}})
    for _ in range(40):
        client.get_item(TableName=table, Key={"pk": {"S": "p7"}, "sk": {"N": "1"}})
    found = report(url, table)
    assert found[None]["SKC"][0] == {
        "Keys": {"pk": {"S": "p7"}, "sk": {"N": "1"}}, "Value": 23.0, "MayBeTooHighBy": 0.0}
    assert len(found[None]["PKC"]) == 20 and found[None]["PKT"] == []
    assert set(found["byG"]) == {"PKT"}

    described = client.describe_contributor_insights(TableName=table)
    assert described["ContributorInsightsStatus"] == "ENABLED"
    assert described["ContributorInsightsMode"] == "ACCESSED_AND_THROTTLED_KEYS"
    assert [name.split("-")[1] for name in described["ContributorInsightsRuleList"]] == [
        "PKC", "SKC", "PKT", "SKT"]
    listed = client.list_contributor_insights(TableName=table)["ContributorInsightsSummaries"]
    assert [entry.get("IndexName") for entry in listed] == [None, "byG"]
    for most in (1, 0, -1):
        first = client.list_contributor_insights(TableName=table, MaxResults=most)
        rest = client.list_contributor_insights(TableName=table, NextToken=first["NextToken"])
        assert first["ContributorInsightsSummaries"] + rest["ContributorInsightsSummaries"] == (
            listed) and "NextToken" not in rest
    client.update_contributor_insights(TableName=table, ContributorInsightsAction="DISABLE")
    assert None not in report(url, table)


def test_what_is_refused(client, plain):
    assert refusal(
        client.describe_contributor_insights, TableName="no-such-table") == (
            "ResourceNotFoundException",
            "Requested resource not found: Table: no-such-table not found")
    assert refusal(
        client.update_contributor_insights, TableName=plain, IndexName="none",
        ContributorInsightsAction="ENABLE")[0] == "ResourceNotFoundException"
    code, message = refusal(
        client.update_contributor_insights, TableName=plain, ContributorInsightsAction="WATCH")
    assert code == "ValidationException" and "ENABLE, DISABLE" in message
    assert refusal(client.list_contributor_insights, MaxResults=101)[0] == "ValidationException"
    assert refusal(client.list_contributor_insights, NextToken="x" * 9)[0] == (
        "ValidationException")


def test_keys_are_shown_to_those_who_may_see_them(tmp_path):
    def policy(action):
        return [{"Version": "2012-10-17",
                 "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}]
    (tmp_path / "users.yaml").write_text(json.dumps({"users": [
        {"name": "ann", "keys": [{"id": "AKIAANN", "secret": "s"}],
         "policies": policy("cloudwatch:Get*")},
        {"name": "bob", "keys": [{"id": "AKIABOB", "secret": "s"}],
         "policies": policy("dynamodb:*")}]}))
    with serving("--auth", "required", "--users", str(tmp_path / "users.yaml")) as url:
        def look(identifier=None):
            request = botocore.awsrequest.AWSRequest("GET", url + "/_plimsoll/insights")
            if identifier:
                botocore.auth.SigV4Auth(
                    botocore.credentials.Credentials(identifier, "s"), "dynamodb",
                    "us-east-1").add_auth(request)
            return json.load(urllib.request.urlopen(urllib.request.Request(
                url + "/_plimsoll/insights", headers=dict(request.headers.items()))))
        assert look("AKIAANN") == {"Resources": []}
        for identifier, code in (("AKIABOB", "AccessDeniedException"),
                                 (None, "MissingAuthenticationTokenException")):
            with pytest.raises(urllib.error.HTTPError) as caught:
                look(identifier)
            assert code in json.load(caught.value)["__type"]
