"""Athena, Glue and S3 whose requests fail by chance (500, 503, resets before and after the answer, half answers): athena.ctas> and athena.apas>
publish, or fail and leave what was there; what readers are led to is always whole.

AWS_OPERATIONS (400) is how many requests are made, AWS_FAULT_RATE (0.1) how many of them fail, SEED which."""
import os
import random
import time

from athena_aws import DAYS, World
from s3_real import KINDS, Proxy
from support import equal, main, test
from support import tests as registered

registered.clear()  # those of athena_aws
OPERATIONS = int(os.environ.get("AWS_OPERATIONS", "400"))
RATE = float(os.environ.get("AWS_FAULT_RATE", "0.1"))
SEED = int(os.environ.get("SEED", str(time.time_ns() % 10**9)))
WRITERS = {
    "table": "+w:\n  athena.ctas>: SELECT %d AS id\n  table: t\n  location: s3://data/t/\n",
    "partitions": "+w:\n  athena.ctas>: \"SELECT %d AS id, 'v' AS k /* moto: partitions [\\\"a\\\", \\\"b\\\"] */\"\n  table: p\n  location: s3://data/p/\n  partitioned_by: [k]\n",
    "partition": "+w:\n  athena.apas>: SELECT %d AS n\n  table: days\n  partition_kv: {day: x}\n",
}
TABLES = {"table": "t", "partitions": "p", "partition": "days"}


def faults():
    chance = random.Random(SEED)
    kinds = [kind for kind in KINDS if kind != "stall"]
    return lambda number, method, path: chance.choice(kinds) if chance.random() < RATE else None


def shown(w, kind):
    """The number that each place shows: of the SELECT whose text moto wrote there."""
    table = w.table(TABLES[kind])
    places = list(w.locations(TABLES[kind]).values()) if table.get("PartitionKeys") else [table["StorageDescriptor"]["Location"]]
    numbers = []
    for place in places:
        keys = w.keys(place[len("s3://data/"):].rstrip("/") + "/")
        assert keys, f"seed {SEED}: {kind}: nothing lies at {place}"
        text = w.s3.get_object(Bucket="data", Key=keys[0])["Body"].read().decode()
        numbers.append(int(text.split("SELECT ", 1)[1].split(" ", 1)[0]))
    return numbers


@test
def a_publish_is_there_or_what_was_before_is():
    chance, figures = random.Random(SEED), {"done": 0, "failed": 0, "failed, but there": 0, "half of the partitions": 0}
    with World() as w:
        w.port = int(w.endpoint.rsplit(":", 1)[1])
        proxy = Proxy(w, faults())
        direct = dict(w.env)
        try:
            w.glue.create_table(DatabaseName="lake", TableInput=DAYS)
            before = {}
            for kind in WRITERS:
                w.run(WRITERS[kind] % 0)
                before[kind] = 0
            number = 0
            while proxy.count < OPERATIONS:
                number += 1
                kind = chance.choice(list(WRITERS))
                w.env = dict(direct, AWS_ENDPOINT_URL=proxy.endpoint)
                w.project.write("main.dig", w.export() + WRITERS[kind] % number)
                done = w.project.run("run", "main.dig", "--rerun", env=w.env)
                w.env = direct
                now = shown(w, kind)
                what = f"seed {SEED}: {kind} {number}, exit status {done.returncode}: {now}\n{done.stderr[-2000:]}"
                assert set(now) <= {before[kind], number}, what
                if done.returncode == 0:
                    equal(set(now), {number}, what)
                    figures["done"] += 1
                else:
                    figures["failed"] += 1
                    figures["failed, but there"] += set(now) == {number}
                    if len(set(now)) > 1:
                        assert kind == "partitions" and "run again" in done.stderr, what
                        figures["half of the partitions"] += 1
                        w.run(WRITERS[kind] % number)
                        equal(set(shown(w, kind)), {number}, "run again")
                before[kind] = shown(w, kind)[0]
        finally:
            proxy.stop()
    print(f"# seed {SEED}: {proxy.count} requests, faults {proxy.faults}, runs {figures}", flush=True)


if __name__ == "__main__":
    main()
