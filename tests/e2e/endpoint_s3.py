"""S3 of `tegaru aws-endpoint`, asked by boto3 and the AWS CLI."""
import io
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request

from endpoint_support import Endpoint, refused
from support import check_run, contains, equal, main, test


@test
def objects_are_written_read_and_removed():
    with Endpoint() as endpoint:
        s3 = endpoint.client("s3")
        refused(s3.put_object, "NoSuchBucket", Bucket="nobody", Key="a", Body=b"")
        s3.create_bucket(Bucket="bucket")
        equal([b["Name"] for b in s3.list_buckets()["Buckets"]], ["bucket"])
        key = "a/b c+é%.txt"
        s3.put_object(Bucket="bucket", Key=key, Body=b"0123456789", Metadata={"who": "me"}, ContentType="text/plain")
        got = s3.get_object(Bucket="bucket", Key=key)
        equal((got["Body"].read(), got["ContentType"], got["Metadata"]), (b"0123456789", "text/plain", {"who": "me"}))
        for range_, body in (("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-2", b"89"), ("bytes=5-100", b"56789")):
            part = s3.get_object(Bucket="bucket", Key=key, Range=range_)
            equal((part["ResponseMetadata"]["HTTPStatusCode"], part["Body"].read()), (206, body), range_)
        refused(s3.get_object, "InvalidRange", Bucket="bucket", Key=key, Range="bytes=50-60")
        refused(s3.get_object, "NoSuchKey", Bucket="bucket", Key="none")
        refused(s3.head_object, "404", Bucket="bucket", Key="none")
        with open(os.path.join(endpoint.project.folder, ".tegaru/objects/bucket", key), "rb") as file:
            equal(file.read(), b"0123456789", "what S3 took is what a workflow reads")
        s3.copy_object(Bucket="bucket", Key="copy", CopySource={"Bucket": "bucket", "Key": key})
        equal(s3.get_object(Bucket="bucket", Key="copy")["Metadata"], {"who": "me"})
        s3.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/copy", MetadataDirective="REPLACE", Metadata={"x": "y"})
        equal(s3.get_object(Bucket="bucket", Key="copy")["Metadata"], {"x": "y"}, "a copy onto itself")
        refused(s3.delete_bucket, "BucketNotEmpty", Bucket="bucket")
        equal(len(s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key}, {"Key": "copy"}, {"Key": "none"}]})["Deleted"]), 3)
        s3.delete_bucket(Bucket="bucket")
        refused(s3.head_bucket, "404", Bucket="bucket")


@test
def listings_come_in_pages_with_folders():
    with Endpoint() as endpoint:
        s3 = endpoint.client("s3")
        s3.create_bucket(Bucket="bucket")
        keys = sorted(["a.txt", "a/1", "a/2", "a/b/3", "a-b", "b/1", "c d", "z"], key=lambda k: k.encode())
        for key in keys:
            s3.put_object(Bucket="bucket", Key=key, Body=key.encode())
        for size in (1, 2, 3, 100):
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket="bucket", PaginationConfig={"PageSize": size})
            equal([o["Key"] for page in pages for o in page.get("Contents", [])], keys, f"pages of {size}")
            pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="bucket", Delimiter="/", PaginationConfig={"PageSize": size}))
            equal([o["Key"] for page in pages for o in page.get("Contents", [])], ["a-b", "a.txt", "c d", "z"], f"pages of {size}")
            equal([o["Prefix"] for page in pages for o in page.get("CommonPrefixes", [])], ["a/", "b/"], f"pages of {size}")
        equal([o["Key"] for o in s3.list_objects_v2(Bucket="bucket", Prefix="a/")["Contents"]], ["a/1", "a/2", "a/b/3"])
        equal([o["Key"] for o in s3.list_objects_v2(Bucket="bucket", StartAfter="a/2")["Contents"]], ["a/b/3", "b/1", "c d", "z"])
        one = s3.list_objects(Bucket="bucket", MaxKeys=2)
        equal(([o["Key"] for o in one["Contents"]], one["IsTruncated"]), (keys[:2], True))
        equal(s3.list_objects_v2(Bucket="bucket", Prefix="../")["KeyCount"], 0)
        equal(s3.list_objects_v2(Bucket="bucket", MaxKeys=0)["IsTruncated"], False)


@test
def parts_make_an_object():
    with Endpoint() as endpoint:
        s3 = endpoint.client("s3")
        s3.create_bucket(Bucket="bucket")
        body = os.urandom(17 << 20)
        s3.upload_fileobj(io.BytesIO(body), "bucket", "large")
        into = io.BytesIO()
        s3.download_fileobj("bucket", "large", into)
        assert into.getvalue() == body, "other bytes came back"
        upload = s3.create_multipart_upload(Bucket="bucket", Key="made", Metadata={"a": "b"})["UploadId"]
        where = {"Bucket": "bucket", "Key": "made", "UploadId": upload}
        first = s3.upload_part_copy(**where, PartNumber=1, CopySource="bucket/large", CopySourceRange=f"bytes=0-{(5 << 20) - 1}")["CopyPartResult"]["ETag"]
        second = s3.upload_part(**where, PartNumber=2, Body=b"end")["ETag"]
        equal([p["Size"] for p in s3.list_parts(**where)["Parts"]], [5 << 20, 3])
        equal([u["Key"] for u in s3.list_multipart_uploads(Bucket="bucket")["Uploads"]], ["made"])
        parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
        refused(s3.complete_multipart_upload, "InvalidPartOrder", **where, MultipartUpload={"Parts": parts[::-1]})
        refused(s3.complete_multipart_upload, "InvalidPart", **where, MultipartUpload={"Parts": [dict(parts[0], ETag='"other"')]})
        s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
        got = s3.get_object(Bucket="bucket", Key="made")
        assert got["Body"].read() == body[:5 << 20] + b"end" and got["Metadata"] == {"a": "b"}
        refused(s3.list_parts, "NoSuchUpload", **where)
        upload = s3.create_multipart_upload(Bucket="bucket", Key="gone")["UploadId"]
        s3.abort_multipart_upload(Bucket="bucket", Key="gone", UploadId=upload)
        equal("Uploads" in s3.list_multipart_uploads(Bucket="bucket"), False)


@test
def conditions_hold():
    with Endpoint() as endpoint:
        s3 = endpoint.client("s3")
        s3.create_bucket(Bucket="bucket")
        tag = s3.put_object(Bucket="bucket", Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
        refused(s3.put_object, "PreconditionFailed", Bucket="bucket", Key="k", Body=b"2", IfNoneMatch="*")
        refused(s3.put_object, "PreconditionFailed", Bucket="bucket", Key="k", Body=b"2", IfMatch='"other"')
        refused(s3.put_object, "NoSuchKey", Bucket="bucket", Key="none", Body=b"2", IfMatch=tag)
        s3.put_object(Bucket="bucket", Key="k", Body=b"22", IfMatch=tag)
        refused(s3.get_object, "304", Bucket="bucket", Key="k", IfNoneMatch=s3.head_object(Bucket="bucket", Key="k")["ETag"])
        refused(s3.get_object, "PreconditionFailed", Bucket="bucket", Key="k", IfMatch=tag)


@test
def checksums_are_compared():
    with Endpoint() as endpoint:
        s3 = endpoint.client("s3")
        s3.create_bucket(Bucket="bucket")
        for name, value in (("CRC32", "DUoRhQ=="), ("CRC32C", "yZRlqg=="), ("SHA256", "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=")):
            s3.put_object(Bucket="bucket", Key="k", Body=b"hello world", **{"Checksum" + name: value})
            wrong = value[:-4] + "AA=="
            code = "XAmzContentSHA256Mismatch" if name == "SHA256" else "BadDigest"
            refused(s3.put_object, code, Bucket="bucket", Key="k", Body=b"hello world", **{"Checksum" + name: wrong if name != "SHA256" else "A" + value[1:]})
        refused(s3.put_object, "BadDigest", Bucket="bucket", Key="k", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")

        def send(body, **headers):
            request = urllib.request.Request(endpoint.url + "/bucket/chunks", data=body, method="PUT", headers={
                "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Content-Encoding": "aws-chunked", **headers})
            try:
                return urllib.request.urlopen(request).status
            except urllib.error.HTTPError as error:
                return error.read().decode()
        good = b"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"
        equal(send(good, **{"x-amz-trailer": "x-amz-checksum-crc32", "X-Amz-Decoded-Content-Length": "11"}), 200)
        equal(s3.get_object(Bucket="bucket", Key="chunks")["Body"].read(), b"hello world")
        contains(send(good.replace(b"DUoR", b"AAAA"), **{"x-amz-trailer": "x-amz-checksum-crc32"}), "BadDigest")
        contains(send(good[:20]), "IncompleteBody")
        contains(send(b"zz\r\n"), "InvalidArgument")
        equal(s3.get_object(Bucket="bucket", Key="chunks")["Body"].read(), b"hello world", "what failed changes nothing")


@test
def nothing_leads_out_of_a_bucket():
    with Endpoint() as endpoint:
        s3 = endpoint.client("s3")
        s3.create_bucket(Bucket="bucket")
        for path in ("/bucket/../../../../etc/passwd", "/bucket/%2e%2e/%2e%2e/catalog.sqlite", "/bucket/a/..%2f..%2fx", "/../x", "/.drafts/x", "/%2e%2e/catalog.sqlite", "/bucket//x", "/bucket/%00", "/bucket/%ff"):
            for method in ("GET", "PUT", "DELETE"):
                run = subprocess.run(["curl", "-s", "--path-as-is", "-o", os.devnull, "-w", "%{http_code}", "-X", method, "--data-binary", "x", endpoint.url + path], capture_output=True, text=True)
                assert run.stdout in ("400", "404", "405", "204"), f"{method} {path}: {run.stdout}"
        assert os.path.exists(os.path.join(endpoint.project.folder, ".tegaru/catalog.sqlite"))
        folder = os.path.join(endpoint.project.folder, ".tegaru/objects/bucket")
        equal(sorted(os.listdir(folder)), [])
        os.symlink(os.path.join(endpoint.project.folder, ".tegaru/catalog.sqlite"), os.path.join(folder, "link"))
        run = subprocess.run(["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", endpoint.url + "/bucket/link"], capture_output=True, text=True)
        equal(run.stdout, "404", "a link")


def signed(version):
    import botocore
    from botocore.config import Config
    return Config(signature_version=version or botocore.UNSIGNED)


@test
def signatures_are_checked_when_keys_are_given():
    with Endpoint("--access-key", "AKIDLOCAL", "--secret-key", "secret") as endpoint:
        s3 = endpoint.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="a b/é+=", Body=b"x")
        equal(s3.get_object(Bucket="bucket", Key="a b/é+=")["Body"].read(), b"x")
        equal(len(endpoint.client("glue").get_databases()["DatabaseList"]), 1)
        refused(endpoint.client("s3", aws_secret_access_key="other", aws_access_key_id="AKIDLOCAL").list_buckets, "SignatureDoesNotMatch")
        refused(endpoint.client("s3", aws_secret_access_key="secret", aws_access_key_id="NOBODY").list_buckets, "InvalidAccessKeyId")
        refused(endpoint.client("athena", aws_secret_access_key="secret", aws_access_key_id="NOBODY").list_work_groups, "UnrecognizedClientException")
        refused(endpoint.client("athena", aws_secret_access_key="no", aws_access_key_id="AKIDLOCAL").list_work_groups, "InvalidSignatureException")
        refused(endpoint.client("s3", config=signed(None)).list_buckets, "AccessDenied")
        url = endpoint.client("s3", config=signed("s3v4")).generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "a b/é+="}, ExpiresIn=60)
        equal(urllib.request.urlopen(url).read(), b"x")
        try:
            urllib.request.urlopen(urllib.request.Request(url, headers={"x-amz-meta-added": "1"}))
            raise AssertionError("a header that was not signed was taken")
        except urllib.error.HTTPError as error:
            contains(error.read().decode(), "not signed")
        for bad, code in ((url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), "SignatureDoesNotMatch"),):
            try:
                urllib.request.urlopen(bad)
                raise AssertionError("a changed URL was taken")
            except urllib.error.HTTPError as error:
                contains(error.read().decode(), code)
        role = endpoint.client("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="session")["Credentials"]
        keys = {"aws_access_key_id": role["AccessKeyId"], "aws_secret_access_key": role["SecretAccessKey"]}
        equal(len(endpoint.client("s3", **keys, aws_session_token=role["SessionToken"]).list_buckets()["Buckets"]), 1)
        refused(endpoint.client("s3", **keys, aws_session_token="other").list_buckets, "InvalidToken")
        equal(endpoint.client("sts").get_caller_identity()["Account"], "000000000000")


@test
def buckets_may_stand_in_the_host():
    with Endpoint() as endpoint:
        endpoint.client("s3").create_bucket(Bucket="bucket")
        request = urllib.request.Request(endpoint.url + "/k", data=b"1", method="PUT", headers={"Host": "bucket.localhost:1"})
        equal(urllib.request.urlopen(request).status, 200)
        equal(endpoint.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read(), b"1")


@test
def what_is_too_large_is_refused():
    with Endpoint() as endpoint:
        host, port = endpoint.url.split("//")[1].split(":")

        def ask(text):
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                answer = b""
                try:
                    connection.sendall(text)
                    while piece := connection.recv(65536):
                        answer += piece
                except ConnectionError:
                    pass
                return answer[:12]
        equal(ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + b"x" * 300000 + b"\r\n\r\n")[9:12] in (b"431", b"413", b""), True)
        body = b"x" * (9 << 20)
        equal(ask(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Amz-Target: AWSGlue.GetTable\r\nContent-Length: %d\r\n\r\n" % len(body) + body)[9:12], b"413")
        equal(ask(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Amz-Target: AWSGlue.GetTable\r\nContent-Length: 4\r\n\r\n[[[[")[9:12], b"400")
        equal(ask(b"rubbish\r\n\r\n")[9:12] in (b"400", b""), True)
        equal(endpoint.client("sts").get_caller_identity()["Account"], "000000000000")


@test
def the_command_line_copies_and_syncs():
    with Endpoint() as endpoint:
        def aws(*arguments, status=0):
            return check_run(endpoint.project.run("-m", "awscli", *arguments, program=sys.executable, env=endpoint.env()), status)
        endpoint.project.write("in/a.txt", "a")
        endpoint.project.write("in/sub/b.txt", "b" * 100000)
        aws("s3", "mb", "s3://bucket")
        aws("s3", "cp", "--recursive", "in", "s3://bucket/x/")
        contains(aws("s3", "ls", "--recursive", "s3://bucket/").stdout, "100000 x/sub/b.txt")
        contains(aws("s3", "ls", "s3://bucket/x/").stdout, "PRE sub/")
        aws("s3", "sync", "s3://bucket/x/", "out")
        equal(endpoint.project.read("out/sub/b.txt"), "b" * 100000)
        equal(aws("s3", "sync", "s3://bucket/x/", "out").stdout, "", "nothing is left to do")
        aws("s3", "rm", "--recursive", "s3://bucket/")
        aws("s3", "rb", "s3://bucket")
        started = aws("athena", "start-query-execution", "--query-string", "SELECT 1", "--result-configuration", "OutputLocation=s3://results/", "--output", "text").stdout.strip()
        endpoint.wait(started)
        contains(aws("athena", "get-query-results", "--query-execution-id", started).stdout, "_col0")
        contains(aws("glue", "get-databases").stdout, '"default"')
        contains(aws("sts", "get-caller-identity").stdout, "000000000000")
        contains(aws("glue", "get-table", "--database-name", "default", "--name", "none", status=255).stderr, "EntityNotFoundException")


main()
