"""The AWS CLI over the endpoint."""
import json
import os

from endpoint_clients import Endpoint
from support import contains, equal, main, test


def aws(endpoint, *arguments, **more):
    text = endpoint.module("awscli", *arguments, **more)
    return json.loads(text) if text.startswith(("{", "[")) else text


@test
def a_query_from_the_shell():
    with Endpoint() as endpoint:
        aws(endpoint, "s3", "mb", "s3://results")
        id = aws(endpoint, "athena", "start-query-execution", "--query-string", "SELECT 1 AS one, 'x' AS two",
                 "--result-configuration", "OutputLocation=s3://results/")["QueryExecutionId"]
        while True:
            execution = aws(endpoint, "athena", "get-query-execution", "--query-execution-id", id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
        equal(execution["Status"]["State"], "SUCCEEDED")
        equal(execution["ResultConfiguration"]["OutputLocation"], f"s3://results/{id}.csv")
        rows = aws(endpoint, "athena", "get-query-results", "--query-execution-id", id)["ResultSet"]["Rows"]
        equal([[cell["VarCharValue"] for cell in row["Data"]] for row in rows], [["one", "two"], ["1", "x"]])
        aws(endpoint, "s3", "cp", f"s3://results/{id}.csv", "result.csv")
        equal(endpoint.read("result.csv"), '"one","two"\n"1","x"\n')


@test
def tables_from_the_shell():
    with Endpoint() as endpoint:
        aws(endpoint, "glue", "create-database", "--database-input", "Name=lake")
        for name in ("b", "a"):
            aws(endpoint, "glue", "create-table", "--database-name", "lake", "--table-input", json.dumps(
                {"Name": name, "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": f"s3://lake/{name}/"}}))
        tables = aws(endpoint, "glue", "get-tables", "--database-name", "lake")["TableList"]
        equal([table["Name"] for table in tables], ["a", "b"])
        one = aws(endpoint, "glue", "get-tables", "--database-name", "lake", "--expression", "b.*")["TableList"]
        equal([table["Name"] for table in one], ["b"])
        problem = endpoint.module("awscli", "glue", "get-table", "--database-name", "lake", "--name", "nope", status=255)
        equal(problem, "")


@test
def folders_are_copied_and_kept_in_step():
    with Endpoint() as endpoint:
        for path in ("from/a.txt", "from/sub/b.txt", "from/sub/deep/c d+e.txt", "from/ü.txt"):
            endpoint.write(path, "text of " + path)
        endpoint.write("from/big.bin", os.urandom(20 << 20))
        aws(endpoint, "s3", "mb", "s3://lake")
        aws(endpoint, "s3", "cp", "--recursive", "--quiet", "from", "s3://lake/in/")
        listed = aws(endpoint, "s3", "ls", "--recursive", "s3://lake/in/")
        for name in ("in/a.txt", "in/big.bin", "in/sub/b.txt", "in/sub/deep/c d+e.txt", "in/ü.txt"):
            contains(listed, name)
        contains(aws(endpoint, "s3", "ls", "s3://lake/in/"), "PRE sub/")
        equal(aws(endpoint, "s3", "sync", "from", "s3://lake/in/"), "")
        endpoint.write("from/a.txt", "another text")
        os.remove(endpoint.folder + "/from/sub/b.txt")
        contains(aws(endpoint, "s3", "sync", "--delete", "from", "s3://lake/in/"), "delete: s3://lake/in/sub/b.txt")
        aws(endpoint, "s3", "sync", "--quiet", "s3://lake/in/", "to")
        equal(endpoint.read("to/a.txt"), "another text")
        with open(endpoint.folder + "/from/big.bin", "rb") as one, open(endpoint.folder + "/to/big.bin", "rb") as other:
            assert one.read() == other.read(), "big.bin differs"
        aws(endpoint, "s3", "mv", "--quiet", "s3://lake/in/a.txt", "s3://lake/moved.txt")
        aws(endpoint, "s3", "rm", "--recursive", "--quiet", "s3://lake/")
        equal(aws(endpoint, "s3", "ls", "--recursive", "s3://lake/", status=0), "")
        aws(endpoint, "s3", "rb", "s3://lake")


@test
def who_am_i():
    with Endpoint() as endpoint:
        equal(aws(endpoint, "sts", "get-caller-identity")["Account"], "000000000000")


@test
def wrong_keys_are_refused():
    with Endpoint("--access-key", "AKIDRIGHT", "--secret-key", "right", key_id="AKIDRIGHT", secret="right") as endpoint:
        aws(endpoint, "s3", "mb", "s3://lake")
        aws(endpoint, "glue", "get-databases")
        aws(endpoint, "sts", "get-caller-identity")
        given = aws(endpoint, "sts", "assume-role", "--role-arn", "arn:aws:iam::000000000000:role/reader", "--role-session-name", "me")["Credentials"]
        endpoint.write("x.txt", "x")
        aws(endpoint, "s3", "cp", "--quiet", "x.txt", "s3://lake/x.txt", AWS_ACCESS_KEY_ID=given["AccessKeyId"],
            AWS_SECRET_ACCESS_KEY=given["SecretAccessKey"], AWS_SESSION_TOKEN=given["SessionToken"])
        got = endpoint.python("""
import boto3, json, urllib.error, urllib.request
url = boto3.client("s3", config=boto3.session.Config(signature_version="s3v4")).generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": "x.txt"})
def fetch(url):
    try:
        return urllib.request.urlopen(url).read().decode()
    except urllib.error.HTTPError as problem:
        return problem.code
print(json.dumps([fetch(url), fetch(url.replace("x.txt", "y.txt")), fetch(url.split("?")[0])]))
""")
        equal(got, ["x", 403, 403])
        for more in ({"AWS_SECRET_ACCESS_KEY": "wrong"}, {"AWS_ACCESS_KEY_ID": "AKIDWRONG"}):
            for command in (("s3", "ls"), ("glue", "get-databases"), ("sts", "get-caller-identity")):
                endpoint.module("awscli", *command, status=255, **more)


if __name__ == "__main__":
    main()
