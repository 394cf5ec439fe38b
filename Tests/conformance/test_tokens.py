"""Temporary credentials by the token service on the server's port, as boto3 and the AWS CLI get
them: assumed roles with session policies, session tokens, who one is."""
import datetime
import json
import os
import subprocess

import boto3
import botocore.config
import pytest

from conftest import refusal, serving, wait_active

ACCOUNT = "123456789012"
READER = f"arn:aws:iam::{ACCOUNT}:role/reader"

USERS = """
users:
  - name: ann
    keys: [{id: AKIAANN, secret: ann}]
    policies:
      - Version: "2012-10-17"
        Statement: {Effect: Allow, Action: "*", Resource: "*"}
  - name: bob
    keys: [{id: AKIABOB, secret: bob}]
roles:
  - name: reader
    trust:
      Version: "2012-10-17"
      Statement:
        - {Effect: Allow, Principal: {AWS: "123456789012"}, Action: "sts:AssumeRole"}
    policies:
      - Version: "2012-10-17"
        Statement: {Effect: Allow, Action: ["dynamodb:GetItem", "dynamodb:Scan"], Resource: "*"}
  - name: guest
    trust:
      Version: "2012-10-17"
      Statement:
        Effect: Allow
        Principal: {AWS: "arn:aws:iam::123456789012:user/bob"}
        Action: "sts:AssumeRole"
        Condition: {StringEquals: {"sts:ExternalId": "door"}}
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "users.yaml").write_text(USERS)
    with serving("--auth", "required", "--users", str(folder / "users.yaml")) as url:
        ann = client(url, "dynamodb", "AKIAANN", "ann")
        ann.create_table(
            TableName="Films", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
        wait_active(ann, "Films")
        yield url


def client(url, service, key, secret, token=None, region="us-east-1"):
    return boto3.client(
        service, endpoint_url=url, region_name=region, aws_access_key_id=key,
        aws_secret_access_key=secret, aws_session_token=token,
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, parameter_validation=False))


def database(url, credentials):
    return client(
        url, "dynamodb", credentials["AccessKeyId"], credentials["SecretAccessKey"],
        credentials["SessionToken"])


@pytest.fixture
def ann(guarded):
    return client(guarded, "sts", "AKIAANN", "ann")


@pytest.fixture
def bob(guarded):
    return client(guarded, "sts", "AKIABOB", "bob")


def test_who_one_is(guarded, ann):
    found = ann.get_caller_identity()
    assert (found["Arn"], found["UserId"], found["Account"]) == (
        f"arn:aws:iam::{ACCOUNT}:user/ann", "ann", ACCOUNT)
    # The token service is one for all regions, and needs no permission for this.
    bob = client(guarded, "sts", "AKIABOB", "bob", region="eu-west-1")
    assert bob.get_caller_identity()["Arn"].endswith("user/bob")


def test_a_session_of_a_role_may_what_the_role_may(guarded, ann):
    answer = ann.assume_role(RoleArn=READER, RoleSessionName="nightly")
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": "reader:nightly",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/nightly"}
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert 3_500 < left.total_seconds() <= 3_600
    session = database(guarded, answer["Credentials"])
    assert session.scan(TableName="Films")["Count"] == 0
    code, message = refusal(session.put_item, TableName="Films", Item={"pk": {"S": "a"}})
    assert code == "AccessDeniedException"
    assert f"User: arn:aws:sts::{ACCOUNT}:assumed-role/reader/nightly" in message
    own = client(
        guarded, "sts", answer["Credentials"]["AccessKeyId"],
        answer["Credentials"]["SecretAccessKey"], answer["Credentials"]["SessionToken"])
    assert own.get_caller_identity()["Arn"].endswith("assumed-role/reader/nightly")
    # The key is of no use without its token.
    bare = dict(answer["Credentials"], SessionToken=None)
    assert refusal(database(guarded, bare).scan, TableName="Films")[0] == (
        "UnrecognizedClientException")


def test_a_session_policy_narrows(guarded, ann):
    policy = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": "*"}}
    session = database(guarded, ann.assume_role(
        RoleArn=READER, RoleSessionName="narrow", Policy=json.dumps(policy))["Credentials"])
    session.get_item(TableName="Films", Key={"pk": {"S": "a"}})
    code, message = refusal(session.scan, TableName="Films")
    assert code == "AccessDeniedException"
    assert message.endswith("because no session policy allows the dynamodb:Scan action")
    assert refusal(session.put_item, TableName="Films", Item={"pk": {"S": "a"}})[0] == (
        "AccessDeniedException")
    short = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:sqs"}}
    for wrong in ("{", json.dumps(short)):
        assert refusal(ann.assume_role, RoleArn=READER, RoleSessionName="xx", Policy=wrong)[0] == (
            "MalformedPolicyDocument")


def test_who_may_assume_a_role(ann, bob):
    def denied(name, role):
        return ("AccessDenied", f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to "
                f"perform: sts:AssumeRole on resource: arn:aws:iam::{ACCOUNT}:role/{role}")

    # The reader's trust policy names the account, so that bob's own policies decide.
    assert refusal(bob.assume_role, RoleArn=READER, RoleSessionName="bob") == denied(
        "bob", "reader")
    guest = f"arn:aws:iam::{ACCOUNT}:role/guest"
    assert refusal(bob.assume_role, RoleArn=guest, RoleSessionName="bob") == denied("bob", "guest")
    assert bob.assume_role(RoleArn=guest, RoleSessionName="bob", ExternalId="door")["Credentials"]
    assert refusal(ann.assume_role, RoleArn=guest, RoleSessionName="ann", ExternalId="door") == (
        denied("ann", "guest"))
    # One that does not exist is answered like one that may not be assumed.
    assert refusal(
        bob.assume_role, RoleArn=guest + "x", RoleSessionName="bob") == denied("bob", "guestx")


def test_session_tokens(guarded, ann):
    answer = ann.get_session_token(DurationSeconds=900)["Credentials"]
    session = database(guarded, answer)
    session.put_item(TableName="Films", Item={"pk": {"S": "kept"}})
    session.delete_item(TableName="Films", Key={"pk": {"S": "kept"}})
    own = client(guarded, "sts", answer["AccessKeyId"], answer["SecretAccessKey"],
                 answer["SessionToken"])
    assert own.get_caller_identity()["Arn"].endswith("user/ann")
    assert refusal(own.get_session_token) == (
        "AccessDenied", "Cannot call GetSessionToken with session credentials")


def test_what_is_refused(guarded, ann):
    assert refusal(ann.get_session_token, DurationSeconds=899)[0] == "ValidationError"
    assert refusal(
        ann.assume_role, RoleArn=READER, RoleSessionName="a b")[0] == "ValidationError"
    assert refusal(
        ann.assume_role, RoleArn=READER, RoleSessionName="ab",
        Tags=[{"Key": "a", "Value": "b"}]) == (
            "ValidationError", "The parameter Tags.member.1.Key is not supported here")
    assert refusal(ann.get_federation_token, Name="xx")[0] == "InvalidAction"
    stranger = client(guarded, "sts", "AKIANOBODY", "x")
    assert refusal(stranger.get_caller_identity) == (
        "InvalidClientTokenId", "The security token included in the request is invalid.")
    assert refusal(client(guarded, "sts", "AKIAANN", "x").get_caller_identity)[0] == (
        "SignatureDoesNotMatch")


def test_without_users_everybody_is_the_account(url):
    stranger = client(url, "sts", "any", "any")
    assert stranger.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert refusal(stranger.assume_role, RoleArn=READER, RoleSessionName="xx")[0] == "AccessDenied"


def test_the_command_line_assumes_a_role(guarded):
    environment = {
        **os.environ, "AWS_ACCESS_KEY_ID": "AKIAANN", "AWS_SECRET_ACCESS_KEY": "ann",
        "AWS_DEFAULT_REGION": "us-east-1"}
    ended = subprocess.run(
        ["aws", "sts", "assume-role", "--endpoint-url", guarded, "--role-arn", READER,
         "--role-session-name", "cli"], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    credentials = json.loads(ended.stdout)["Credentials"]
    assert database(guarded, credentials).scan(TableName="Films")["Count"] == 0
