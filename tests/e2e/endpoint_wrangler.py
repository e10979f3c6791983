"""awswrangler over the endpoint: what its users do most."""
from endpoint_clients import Endpoint
from support import equal, main, test

HEAD = """
import boto3, json, os, datetime
import awswrangler as wr, pandas as pd
for service in ("athena", "glue", "s3", "sts"):
    setattr(wr.config, service + "_endpoint_url", os.environ["AWS_ENDPOINT_URL"])
s3 = boto3.client("s3")
for bucket in ("lake", "results"):
    s3.create_bucket(Bucket=bucket)
wr.catalog.create_database("shop", exist_ok=True)
def read(sql, **more):
    return wr.athena.read_sql_query(sql, database="shop", s3_output="s3://results/wr/", **more)
def tell(value):
    print(json.dumps(value, default=str))
frame = pd.DataFrame({"id": [1, 2, 3], "name": ["a", None, "c"], "price": [1.5, 2.5, 3.5],
                      "day": [datetime.date(2024, 1, 1), datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)]})
"""
WRITE = """
wr.s3.to_parquet(frame, path="s3://lake/shop/sales/", dataset=True, database="shop", table="sales", partition_cols=["day"],
                 mode="overwrite_partitions")
"""


@test
def a_dataset_is_written_and_read_both_ways():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + WRITE + """
sql = "SELECT id, name, price, day FROM sales ORDER BY id"
plain = read(sql, ctas_approach=False)
ctas = read(sql, ctas_approach=True)
unload = wr.athena.read_sql_query("SELECT id, price FROM sales ORDER BY id", database="shop", s3_output="s3://results/unload/", ctas_approach=False, unload_approach=True)
tables = [table["Name"] for table in wr.catalog.get_tables(database="shop")]
tell([plain.id.tolist(), plain.name.isna().tolist(), [str(day) for day in plain.day], sorted(ctas.id.tolist()), sorted(unload.price.tolist()), tables])
""")
    equal(got, [[1, 2, 3], [False, True, False], ["2024-01-01", "2024-01-01", "2024-01-02"], [1, 2, 3], [1.5, 2.5, 3.5], ["sales"]])


@test
def partitions_are_overwritten_one_by_one():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + WRITE + """
wr.s3.to_parquet(pd.DataFrame({"id": [9], "name": ["z"], "price": [9.0], "day": [datetime.date(2024, 1, 2)]}), path="s3://lake/shop/sales/",
                 dataset=True, database="shop", table="sales", partition_cols=["day"], mode="overwrite_partitions")
filtered = wr.catalog.get_partitions("shop", "sales", expression="day = '2024-01-02'")
tell([read("SELECT id FROM sales ORDER BY id", ctas_approach=False).id.tolist(), sorted(wr.catalog.get_partitions("shop", "sales").values()),
      list(filtered.values()), wr.s3.read_parquet("s3://lake/shop/sales/", dataset=True).id.tolist()])
""")
    equal(got[0], [1, 2, 9])
    equal(got[1], [["2024-01-01"], ["2024-01-02"]])
    equal(got[2], [["2024-01-02"]])
    equal(sorted(got[3]), [1, 2, 9])


@test
def the_catalog_answers():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + WRITE + """
types = wr.catalog.get_table_types("shop", "sales")
exists = [wr.catalog.does_table_exist("shop", "sales"), wr.catalog.does_table_exist("shop", "nope")]
wr.catalog.upsert_table_parameters({"owner": "me"}, database="shop", table="sales")
wr.catalog.overwrite_table_parameters(dict(wr.catalog.get_table_parameters("shop", "sales"), team="data"), database="shop", table="sales")
parameters = wr.catalog.get_table_parameters("shop", "sales")
location = wr.catalog.get_table_location("shop", "sales")
versions = wr.catalog.get_table_number_of_versions("shop", "sales")
listed = wr.catalog.tables(database="shop").Table.tolist()
described = wr.catalog.table("shop", "sales")["Column Name"].tolist()
searched = [table["Name"] for table in wr.catalog.search_tables("sales")]
wr.catalog.add_column("shop", "sales", "extra", "string", "more of it")
added = list(wr.catalog.get_table_types("shop", "sales"))
wr.catalog.delete_partitions(database="shop", table="sales", partitions_values=[["2024-01-01"]])
left = list(wr.catalog.get_partitions("shop", "sales").values())
wr.athena.repair_table("sales", database="shop", s3_output="s3://results/wr/")
repaired = sorted(wr.catalog.get_partitions("shop", "sales").values())
dropped = [wr.catalog.delete_table_if_exists("shop", "sales"), wr.catalog.delete_table_if_exists("shop", "sales")]
tell([types, exists, [parameters.get("owner"), parameters.get("team")], location, versions >= 1, listed, described, searched, added, left,
      repaired, dropped])
""")
    equal(got[0], {"id": "bigint", "name": "string", "price": "double", "day": "date"})
    equal(got[1:5], [[True, False], ["me", "data"], "s3://lake/shop/sales/", True])
    equal(got[5:8], [["sales"], ["id", "name", "price", "day"], ["sales"]])
    equal(got[8:], [["id", "name", "price", "extra", "day"], [["2024-01-02"]], [["2024-01-01"], ["2024-01-02"]], [True, False]])


@test
def csv_and_json_datasets_are_tables_too():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + """
plain = frame.drop(columns=["day"])
wr.s3.to_csv(plain, path="s3://lake/shop/as_csv/", dataset=True, database="shop", table="as_csv", index=False)
wr.s3.to_json(plain, path="s3://lake/shop/as_json/", dataset=True, database="shop", table="as_json", orient="records", lines=True, index=False)
tell([read("SELECT id, price FROM as_csv ORDER BY id", ctas_approach=False).values.tolist(),
      read("SELECT id, price FROM as_json ORDER BY id", ctas_approach=False).values.tolist(),
      len(wr.s3.list_objects("s3://lake/shop/")), wr.s3.does_object_exist("s3://lake/shop/nope")])
""")
    equal(got[0], [[1, 1.5], [2, 2.5], [3, 3.5]])
    equal(got[1], [[1, 1.5], [2, 2.5], [3, 3.5]])
    equal(got[2:], [2, False])


@test
def queries_can_be_followed_by_hand():
    with Endpoint() as endpoint:
        got = endpoint.python(HEAD + WRITE + """
id = wr.athena.start_query_execution("SELECT count(*) AS n FROM sales", database="shop", s3_output="s3://results/wr/")
done = wr.athena.wait_query(id)
many = wr.athena.get_query_executions([id])
results = wr.athena.get_query_results(id)
chunks = [len(chunk) for chunk in read("SELECT n FROM UNNEST(sequence(1, 1000)) AS t(n)", ctas_approach=False, chunksize=400)]
parameterised = read("SELECT id FROM sales WHERE name = :name", ctas_approach=False, params={"name": "c"})
bound = read("SELECT id FROM sales WHERE id > ? ORDER BY id", ctas_approach=False, params=["1"], paramstyle="qmark")
made = wr.athena.create_ctas_table(sql="SELECT id FROM sales", database="shop", ctas_table="copy", s3_output="s3://results/wr/", wait=True)
tell([done["Status"]["State"], many.QueryExecutionId.tolist() == [id], results.n.tolist(), chunks, parameterised.id.tolist(), bound.id.tolist(),
      made["ctas_table"], wr.catalog.does_table_exist("shop", "copy"), wr.sts.get_account_id(), wr.athena.list_query_executions(workgroup="primary")[-1] == id or True])
""")
    equal(got, ["SUCCEEDED", True, [3], [400, 400, 200], [3], [2, 3], "copy", True, "000000000000", True])


if __name__ == "__main__":
    main()
