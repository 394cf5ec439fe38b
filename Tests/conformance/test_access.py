"""Signatures and policies, by real clients: who may do what, and what the others learn.

The server of these cases knows ann (full access), bob (only items of his own partition, as the
developer guide's first example of fine-grained access), carl (nothing), a session that has expired
and one that has not.
"""
import json
import os
import subprocess

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import refusal, serving, wait_active

OWN_ITEMS = {
    "Version": "2012-10-17",
    "Statement": [{
        "Sid": "FullAccessToUserItems", "Effect": "Allow",
        "Action": [
            "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem",
            "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem",
            "dynamodb:PartiQLSelect"],
        "Resource": ["arn:aws:dynamodb:us-east-1:123456789012:table/GameScores"],
        "Condition": {
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]},
            "BoolIfExists": {"dynamodb:FullTableScan": "false"}}}]}

USERS = """
users:
  - name: ann
    keys: [{id: AKIAANN, secret: ann's secret}]
    policies:
      - Version: "2012-10-17"
        Statement: {Effect: Allow, Action: "dynamodb:*", Resource: "*"}
  - name: bob
    keys: [{id: AKIABOB, secret: bob/s+secret=}]
    policies: [own-items.json]
  - name: carl
    keys: [{id: AKIACARL, secret: carl}]
roles:
  - name: reader
    policies:
      - '{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
          "Action": ["dynamodb:Scan", "dynamodb:GetItem"], "Resource": "*"}}'
    sessions:
      - {name: now, id: ASIANOW, secret: s, token: good/token+1=, expires: "2999-01-01T00:00:00Z"}
      - {name: then, id: ASIATHEN, secret: s, token: t, expires: "2001-01-01T00:00:00Z"}
"""


def create_scores(admin):
    """The table of the documented examples."""
    admin.create_table(
        TableName="GameScores", BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "UserId", "KeyType": "HASH"},
            {"AttributeName": "GameTitle", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "UserId", "AttributeType": "S"},
            {"AttributeName": "GameTitle", "AttributeType": "S"}])
    wait_active(admin, "GameScores")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("access")
    (folder / "own-items.json").write_text(json.dumps(OWN_ITEMS))
    (folder / "users.yaml").write_text(USERS)
    with serving("--auth", "required", "--users", str(folder / "users.yaml")) as url:
        admin = user(url, "AKIAANN", "ann's secret")
        create_scores(admin)
        for name in ("ann", "bob"):
            admin.put_item(TableName="GameScores", Item=score(name, "chess"))
        yield url


def user(url, key, secret, token=None):
    return boto3.client(
        "dynamodb", endpoint_url=url, region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key=secret, aws_session_token=token,
        config=botocore.config.Config(retries={"total_max_attempts": 1}))


def key(name, title="chess"):
    return {"UserId": {"S": name}, "GameTitle": {"S": title}}


def score(name, title):
    return {**key(name, title), "TopScore": {"N": "7"}}


@pytest.fixture
def ann(guarded):
    return user(guarded, "AKIAANN", "ann's secret")


@pytest.fixture
def bob(guarded):
    return user(guarded, "AKIABOB", "bob/s+secret=")


TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/GameScores"


def denied(name, action, resource=TABLE):
    return ("AccessDeniedException",
            f"User: arn:aws:iam::123456789012:user/{name} is not authorized to perform: "
            f"dynamodb:{action} on resource: {resource} because no identity-based policy allows "
            f"the dynamodb:{action} action")


def test_a_user_reads_only_items_of_their_own_partition(bob):
    assert bob.get_item(TableName="GameScores", Key=key("bob"))["Item"] == score("bob", "chess")
    assert refusal(bob.get_item, TableName="GameScores", Key=key("ann")) == denied("bob", "GetItem")
    found = bob.query(
        TableName="GameScores", KeyConditionExpression="#u = :u",
        ExpressionAttributeNames={"#u": "UserId"}, ExpressionAttributeValues={":u": {"S": "bob"}})
    assert found["Count"] == 1
    assert refusal(
        bob.query, TableName="GameScores", KeyConditionExpression=":u = UserId",
        ExpressionAttributeValues={":u": {"S": "ann"}})[0] in (
            "AccessDeniedException", "ValidationException")
    assert refusal(
        bob.query, TableName="GameScores",
        KeyConditions={"UserId": {
            "ComparisonOperator": "EQ", "AttributeValueList": [{"S": "ann"}]}}) == denied(
                "bob", "Query")
    assert refusal(bob.scan, TableName="GameScores") == denied("bob", "Scan")


def test_a_user_writes_only_their_own_partition(bob):
    bob.put_item(TableName="GameScores", Item=score("bob", "go"))
    bob.update_item(
        TableName="GameScores", Key=key("bob", "go"), UpdateExpression="SET TopScore = :n",
        ExpressionAttributeValues={":n": {"N": "9"}})
    bob.delete_item(TableName="GameScores", Key=key("bob", "go"))
    assert refusal(
        bob.put_item, TableName="GameScores", Item=score("ann", "go")) == denied("bob", "PutItem")
    assert refusal(
        bob.delete_item, TableName="GameScores", Key=key("ann")) == denied("bob", "DeleteItem")


def test_one_foreign_key_refuses_a_whole_batch(bob, ann):
    batch = {"GameScores": {"Keys": [key("bob"), key("ann")]}}
    assert refusal(bob.batch_get_item, RequestItems=batch) == denied("bob", "BatchGetItem")
    batch["GameScores"]["Keys"].pop()
    assert len(bob.batch_get_item(RequestItems=batch)["Responses"]["GameScores"]) == 1
    writes = [{"PutRequest": {"Item": score(name, "x")}} for name in ("bob", "ann")]
    assert refusal(
        bob.batch_write_item, RequestItems={"GameScores": writes}) == denied(
            "bob", "BatchWriteItem")
    for name in ("bob", "ann"):
        assert "Item" not in ann.get_item(TableName="GameScores", Key=key(name, "x"))


def test_nobody_learns_what_exists(guarded, bob):
    carl = user(guarded, "AKIACARL", "carl")
    there = refusal(carl.get_item, TableName="GameScores", Key=key("ann"))
    absent = refusal(carl.get_item, TableName="GameScores", Key=key("nobody"))
    assert there == absent == denied("carl", "GetItem")
    other = TABLE.replace("GameScores", "Nothing")
    assert refusal(carl.describe_table, TableName="Nothing") == denied(
        "carl", "DescribeTable", other)
    assert refusal(carl.list_tables)[0] == "AccessDeniedException"
    # A condition that would fail, or not, tells bob nothing about ann's item.
    for test in ("attribute_exists(UserId)", "attribute_not_exists(UserId)"):
        assert refusal(
            bob.delete_item, TableName="GameScores", Key=key("ann"),
            ConditionExpression=test) == denied("bob", "DeleteItem")


def test_transactions_are_their_actions(bob):
    get = [{"Get": {"TableName": "GameScores", "Key": key(name)}} for name in ("bob", "ann")]
    assert refusal(bob.transact_get_items, TransactItems=get) == denied("bob", "GetItem")
    assert bob.transact_get_items(TransactItems=get[:1])["Responses"][0]["Item"]
    assert refusal(
        bob.transact_write_items, TransactItems=[{"ConditionCheck": {
            "TableName": "GameScores", "Key": key("bob"),
            "ConditionExpression": "attribute_exists(UserId)"}}]) == denied(
                "bob", "ConditionCheckItem")


def test_partiql_has_actions_of_its_own(bob):
    own = bob.execute_statement(Statement="SELECT * FROM GameScores WHERE UserId = 'bob'")
    assert [item["UserId"]["S"] for item in own["Items"]] == ["bob"]
    for where in ("WHERE UserId = 'ann'", "WHERE UserId IN ['bob', 'ann']", ""):
        assert refusal(
            bob.execute_statement, Statement=f"SELECT * FROM GameScores {where}") == denied(
                "bob", "PartiQLSelect")
    assert refusal(
        bob.execute_statement,
        Statement="INSERT INTO GameScores VALUE {'UserId': 'bob', 'GameTitle': 'z'}") == denied(
            "bob", "PartiQLInsert")


def test_temporary_credentials(guarded):
    session = user(guarded, "ASIANOW", "s", "good/token+1=")
    assert session.scan(TableName="GameScores")["Count"] >= 2
    code, message = refusal(session.put_item, TableName="GameScores", Item=score("x", "y"))
    assert code == "AccessDeniedException"
    assert "arn:aws:sts::123456789012:assumed-role/reader/now" in message
    unknown = ("UnrecognizedClientException",
               "The security token included in the request is invalid.")
    assert refusal(user(guarded, "ASIANOW", "s", "bad").scan, TableName="GameScores") == unknown
    assert refusal(user(guarded, "ASIANOW", "s").scan, TableName="GameScores") == unknown
    assert refusal(user(guarded, "ASIATHEN", "s", "t").scan, TableName="GameScores") == (
        "ExpiredTokenException", "The security token included in the request is expired")


def test_signatures_that_are_not_right(guarded):
    assert refusal(user(guarded, "AKIANOBODY", "x").list_tables) == (
        "UnrecognizedClientException", "The security token included in the request is invalid.")
    code, message = refusal(user(guarded, "AKIAANN", "wrong").list_tables)
    assert code == "InvalidSignatureException"
    assert message.startswith("The request signature we calculated does not match")
    unsigned = boto3.client(
        "dynamodb", endpoint_url=guarded, region_name="us-east-1",
        config=botocore.config.Config(
            signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1}))
    assert refusal(unsigned.list_tables) == (
        "MissingAuthenticationTokenException", "Request is missing Authentication Token")
    elsewhere = boto3.client(
        "dynamodb", endpoint_url=guarded, region_name="eu-west-1", aws_access_key_id="AKIAANN",
        aws_secret_access_key="ann's secret",
        config=botocore.config.Config(retries={"total_max_attempts": 1}))
    assert refusal(elsewhere.list_tables)[0] == "InvalidSignatureException"


def test_resource_policies(guarded, ann):
    carl = user(guarded, "AKIACARL", "carl")

    def statement(effect, who, action):
        return {"Effect": effect, "Action": action, "Resource": TABLE,
                "Principal": {"AWS": f"arn:aws:iam::123456789012:user/{who}"}}

    assert refusal(ann.get_resource_policy, ResourceArn=TABLE)[0] == "PolicyNotFoundException"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        statement("Allow", "carl", "dynamodb:GetItem"),
        statement("Deny", "bob", "dynamodb:GetItem")]})
    first = ann.put_resource_policy(
        ResourceArn=TABLE, Policy=policy, ExpectedRevisionId="NO_POLICY")["RevisionId"]
    assert ann.put_resource_policy(ResourceArn=TABLE, Policy=policy)["RevisionId"] == first
    assert ann.get_resource_policy(ResourceArn=TABLE) | {"ResponseMetadata": None} == {
        "Policy": policy, "RevisionId": first, "ResponseMetadata": None}
    assert carl.get_item(TableName="GameScores", Key=key("ann"))["Item"]
    bob = user(guarded, "AKIABOB", "bob/s+secret=")
    code, message = refusal(bob.get_item, TableName="GameScores", Key=key("bob"))
    assert code == "AccessDeniedException"
    assert message.endswith("with an explicit deny in a resource-based policy")
    assert refusal(
        ann.delete_resource_policy, ResourceArn=TABLE, ExpectedRevisionId="1")[0] == (
            "PolicyNotFoundException")
    assert refusal(
        ann.put_resource_policy, ResourceArn=TABLE, Policy="{}")[0] == "ValidationException"
    ann.delete_resource_policy(ResourceArn=TABLE, ExpectedRevisionId=first)
    assert refusal(carl.get_item, TableName="GameScores", Key=key("ann"))[0] == (
        "AccessDeniedException")
    assert "RevisionId" not in ann.delete_resource_policy(ResourceArn=TABLE)


def test_optional_serves_strangers_and_checks_users(tmp_path):
    (tmp_path / "own-items.json").write_text(json.dumps(OWN_ITEMS))
    (tmp_path / "users.yaml").write_text(USERS)
    with serving("--auth", "optional", "--users", str(tmp_path / "users.yaml")) as url:
        assert user(url, "anybody", "x").list_tables()["TableNames"] == []
        assert refusal(user(url, "AKIACARL", "carl").list_tables)[0] == "AccessDeniedException"
        assert refusal(user(url, "AKIACARL", "x").list_tables)[0] == "InvalidSignatureException"


@pytest.mark.parametrize("text, words", [
    ("users: []", "nobody has an access key"),
    ("users:\n  - name: a\n    keyz: []", "unknown key 'keyz' in a user"),
    ("users:\n  - name: a\n    keys: [{id: x}]", "'secret' is missing"),
    ("users:\n  - name: a\n    policies: [none.json]\n    keys: [{id: x, secret: y}]", "none.json"),
    ("users:\n  - name: a\n    policies: ['{}']\n    keys: [{id: x, secret: y}]",
     "expected a statement"),
])
def test_a_users_file_that_is_wrong(tmp_path, text, words):
    (tmp_path / "users.yaml").write_text(text)
    command = os.environ["PLIMSOLL"].split() + [
        "serve", "--memory", "--port", "0", "--auth", "required", "--users",
        str(tmp_path / "users.yaml")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert words in ended.stderr


def test_the_command_line_is_a_client_too(guarded):
    environment = {
        **os.environ, "AWS_ACCESS_KEY_ID": "AKIABOB", "AWS_SECRET_ACCESS_KEY": "bob/s+secret=",
        "AWS_DEFAULT_REGION": "us-east-1"}
    command = ["aws", "dynamodb", "get-item", "--endpoint-url", guarded, "--table-name",
               "GameScores", "--key"]
    for name, works in (("bob", True), ("ann", False)):
        ended = subprocess.run(
            command + [json.dumps(key(name))], env=environment, capture_output=True, text=True)
        assert (ended.returncode == 0) == works, ended.stderr


def get(client, **more):
    return client.get_item(TableName="GameScores", Key=key("ann"), **more)


def query(client, **more):
    return client.query(
        TableName="GameScores", KeyConditionExpression="UserId = :u",
        ExpressionAttributeValues={":u": {"S": "ann"}}, **more)


def update(client, **more):
    return client.update_item(
        TableName="GameScores", Key=key("ann"), UpdateExpression="SET TopScore = :s",
        ExpressionAttributeValues={":s": {"N": "7"}}, **more)


def statement(client, where=""):
    return client.execute_statement(Statement='SELECT TopScore FROM "GameScores" ' + where)


def transaction(client, **more):
    return client.transact_write_items(
        TransactItems=[{"Put": {"TableName": "GameScores", "Item": score("ann", "go")}}])


# A condition; what it lets a caller do; the same done otherwise, or a condition that does not.
CONDITIONS = {
    "LeadingKeys": (
        {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ann"]}}, get,
        lambda client: client.get_item(TableName="GameScores", Key=key("bob"))),
    "FirstPartitionKeyValues": (
        {"ForAllValues:StringLike": {"dynamodb:FirstPartitionKeyValues": ["a*"]}}, query,
        lambda client: client.get_item(TableName="GameScores", Key=key("bob"))),
    "Attributes": (
        {"ForAllValues:StringEquals": {
            "dynamodb:Attributes": ["UserId", "GameTitle", "TopScore"]}},
        lambda client: get(client, ProjectionExpression="TopScore"),
        lambda client: get(client, ProjectionExpression="TopScore, Wins")),
    "Select": (
        {"StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}},
        lambda client: query(client, ProjectionExpression="TopScore"),
        lambda client: query(client, Select="COUNT")),
    "ReturnValues": (
        {"StringEquals": {"dynamodb:ReturnValues": ["NONE", "UPDATED_NEW"]}}, update,
        lambda client: update(client, ReturnValues="ALL_OLD")),
    "ReturnConsumedCapacity": (
        {"StringEquals": {"dynamodb:ReturnConsumedCapacity": "TOTAL"}},
        lambda client: get(client, ReturnConsumedCapacity="TOTAL"),
        lambda client: get(client, ReturnConsumedCapacity="INDEXES")),
    "EnclosingOperation": (
        {"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}},
        transaction,
        lambda client: client.put_item(TableName="GameScores", Item=score("ann", "go"))),
    "FullTableScan": (
        {"Bool": {"dynamodb:FullTableScan": "false"}},
        lambda client: statement(client, "WHERE UserId = 'ann'"), statement),
    "SourceIp": (
        {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, get,
        {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}}),
    "CurrentTime": (
        {"DateLessThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"},
         "DateGreaterThan": {"aws:CurrentTime": "2024-02-29T12:00:00Z"}}, get,
        {"DateGreaterThanEquals": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}),
    "EpochTime": (
        {"NumericGreaterThan": {"aws:EpochTime": "1700000000"}}, get,
        {"NumericLessThanEquals": {"aws:EpochTime": 1700000000}}),
    "UserAgent": (
        {"StringLike": {"aws:UserAgent": "*Boto*"}}, get,
        {"StringNotLike": {"aws:UserAgent": "*Boto*"}}),
    "username": (
        {"StringEqualsIgnoreCase": {"aws:username": "CASE"}}, get,
        {"StringNotEquals": {"aws:username": "case"}}),
    "PrincipalArn": (
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/c*"}}, get,
        {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/case"}}),
    "Null": (
        {"Null": {"dynamodb:EnclosingOperation": "true"}}, get,
        {"Null": {"dynamodb:LeadingKeys": "true"}}),
}


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """A server with a user for each condition, named by its key and whether it is to allow."""
    users, names = [], {}

    def add(name, condition):
        names[name] = f"AKIA{len(names)}"
        users.append({"name": "case", "keys": [{"id": names[name], "secret": "s"}], "policies": [
            {"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Action": "dynamodb:*", "Resource": "*",
                "Condition": condition}}]})
    for name, (condition, _, other) in CONDITIONS.items():
        add(name, condition)
        if isinstance(other, dict):
            add("not " + name, other)
    users.append({"name": "ann", "keys": [{"id": "AKIAANN", "secret": "s"}], "policies": [
        {"Version": "2012-10-17",
         "Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}}]})
    path = tmp_path_factory.mktemp("conditions") / "users.yaml"
    path.write_text(json.dumps({"users": users}))
    with serving("--auth", "required", "--users", str(path)) as url:
        admin = user(url, "AKIAANN", "s")
        create_scores(admin)
        yield {name: user(url, identifier, "s") for name, identifier in names.items()}


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_key_of_a_real_request(conditional, name):
    _, allowed, denied_call = CONDITIONS[name]
    allowed(conditional[name])
    if isinstance(denied_call, dict):
        denied_call, name = allowed, "not " + name
    assert refusal(denied_call, client=conditional[name])[0] == "AccessDeniedException"
