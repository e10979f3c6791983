"""A real S3 server whose requests fail by chance: a load ends with what the source has, or fails and leaves nothing to be seen.

S3_OPERATIONS (400) is how many requests are made, S3_FAULT_RATE (0.1) how many of them fail, SEED which."""
import csv
import gzip
import io
import json
import os
import random
import time

from s3_real import ENVIRONMENT, KINDS, Proxy, RealS3, access, by_chance
from support import Project, check_run, equal, main, test

import pyarrow.parquet as pq  # support.py says where it is

OPERATIONS = int(os.environ.get("S3_OPERATIONS", "400"))
RATE = float(os.environ.get("S3_FAULT_RATE", "0.1"))
SEED = int(os.environ.get("SEED", str(time.time_ns() % 10**9)))
LOAD = """in: {type: s3, bucket: data, path_prefix: in/, %s, parser: {type: csv, columns: [{name: id, type: long}, {name: day, type: string}, {name: pad, type: string}]}}
exec: {min_output_tasks: 1}
out: {bucket: other, path_prefix: %s, %s, %s}
"""
OUTPUTS = {"csv": "type: s3, file_ext: .csv, formatter: {type: csv, header_line: false}",
           "csv.gz": "type: s3, file_ext: .csv.gz, encoders: [{type: gzip, level: 1}], formatter: {type: csv, header_line: false}",
           "parquet": "type: s3_parquet, compression_codec: uncompressed",
           "parts": "type: s3_parquet, partition_by: [day], compression_codec: zstd"}


def put_source(s3):
    """Ten small objects and one that is read and written in parts; returns what the rows sum up to."""
    chance, rows = random.Random(1), []
    for name, count, pad in [(f"{i:02}", 200, 20) for i in range(10)] + [("big", 1000, 20000)]:
        here = [(len(rows) + i, f"d{i % 3}", "%030x" % chance.getrandbits(120) * (pad // 30 + 1)) for i in range(count)]
        s3.client.put_object(Bucket="data", Key=f"in/{name}.csv", Body="".join(f"{i},{d},{p}\n" for i, d, p in here).encode())
        rows += here
    return checksum(rows)


def checksum(rows):
    rows = list(rows)
    return len(rows), sum(int(row[0]) for row in rows), sum(hash((int(row[0]), row[1], row[2])) for row in rows)


def read_back(s3, prefix, kind):
    rows = []
    for key in s3.keys("other", prefix):
        data = s3.get("other", key)
        if kind.startswith("csv"):
            rows += csv.reader(io.StringIO((gzip.decompress(data) if kind == "csv.gz" else data).decode()))
        else:
            table = pq.ParquetFile(io.BytesIO(data)).read().to_pylist()
            day = key.split("day=")[1].split("/")[0] if "day=" in key else None
            rows += [(row["id"], day or row["day"], row["pad"]) for row in table]
    return checksum(rows)


@test
def what_is_loaded_is_the_source_or_nothing_is_seen():
    s3, chance = RealS3(), random.Random(SEED)
    proxy = Proxy(s3, by_chance(SEED, RATE), stall_s=4)
    figures = {"loads": 0, "failed": 0, "left and named": 0}
    try:
        wanted = put_source(s3)
        while proxy.count < OPERATIONS:
            kind, retries = chance.choice(list(OUTPUTS)), chance.choice((1, 2, 7, 7, 7))
            prefix = f"out/{figures['loads']}/"
            more = access(proxy.endpoint, f", maximum_retries: {retries}, stall_seconds: 2")
            with Project() as project:
                project.write("load.yml", LOAD % (more, prefix + "x", more, OUTPUTS[kind]))
                done = project.run("load", "run", "load.yml", "--json")
            figures["loads"] += 1
            seen = s3.keys("other", prefix)
            if done.returncode == 0:
                equal(read_back(s3, prefix, kind), wanted, f"seed {SEED}: {kind} in load {figures['loads']}")
                objects = json.loads(done.stdout)["objects"]
                equal(len(seen), len(objects), f"seed {SEED}")
            else:
                equal(done.returncode, 1, done.stderr)
                assert done.stderr.startswith("tegaru: load.yml: "), done.stderr
                figures["failed"] += 1
                if "stay, for they replaced others or cannot be removed" in done.stderr:
                    figures["left and named"] += 1
                else:
                    equal(seen, [], f"seed {SEED}: {done.stderr}")
            s3.clear("other", prefix)
        with Project() as project:
            left = len(s3.uploads("other"))
            check_run(project.run("catalog", "gc", "--grace", "0", "s3://other/", env=dict(ENVIRONMENT, AWS_ENDPOINT_URL_S3=s3.endpoint)))
        equal(s3.uploads("other"), [])
        assert figures["failed"] < figures["loads"], figures
        print(f"# seed {SEED}: {proxy.count} requests, faults {proxy.faults}, {figures}, {left} uploads for gc", flush=True)
        if OPERATIONS >= 400:
            assert all(proxy.faults[kind] for kind in KINDS), proxy.faults
    finally:
        proxy.stop()
        s3.__exit__()


@test
def parts_are_sent_before_the_end_and_go_when_the_load_fails():
    s3 = RealS3()
    try:
        put_source(s3)
        s3.client.put_object(Bucket="data", Key="in/zz.csv", Body=b"no number,d0,x\n" * 1)
        parts = []
        proxy = Proxy(s3, lambda number, method, path: parts.append(path) if "partNumber" in path else None)
        with Project() as project:
            more = access(proxy.endpoint)
            project.write("load.yml", LOAD.replace("{min_output_tasks: 1}", "{min_output_tasks: 1, max_threads: 1}") % (more, "out/x", more, "type: s3, file_ext: .csv, formatter: {type: csv}"))
            done = check_run(project.run("load", "run", "load.yml"), 1)
            assert "in/zz.csv:1:1" in done.stderr, done.stderr
        assert parts, "the parts of the large file were to be sent while others were read"
        equal((s3.keys("other"), s3.uploads("other")), ([], []))
        proxy.stop()
    finally:
        s3.__exit__()


main()
