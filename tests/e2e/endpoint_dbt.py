"""dbt-athena over the endpoint: a small project with seed, table, incremental model, view, tests and documents."""
import json
import os

from endpoint_clients import Endpoint
from support import equal, main, test

PROFILES = """
shop:
  target: local
  outputs:
    local:
      type: athena
      s3_staging_dir: s3://results/dbt/
      s3_data_dir: s3://lake/dbt/
      region_name: us-east-1
      schema: shop
      database: awsdatacatalog
      threads: 2
      poll_interval: 0.05
      num_retries: 0
"""
PROJECT = """
name: shop
version: '1.0'
profile: shop
flags: {send_anonymous_usage_stats: false, use_colors: false}
models: {shop: {+materialized: table}}
"""
FILES = {
    "profiles.yml": PROFILES,
    "dbt_project.yml": PROJECT,
    "seeds/sales.csv": "id,name,price,day\n1,a,1.5,2024-01-01\n2,b,2.5,2024-01-01\n3,c,3.5,2024-01-02\n",
    "models/cheap.sql": "select id, name, price from {{ ref('sales') }} where price < 3",
    "models/by_day.sql": """
{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partitioned_by=['day'], format='parquet') }}
select count(*) as sales, sum(price) as total, cast(day as varchar) as day from {{ ref('sales') }}
{% if is_incremental() %} where day >= date '2024-01-02' {% endif %}
group by day
""",
    "models/appended.sql": """
{{ config(materialized='incremental', incremental_strategy='append') }}
select id from {{ ref('sales') }} {% if is_incremental() %} where id = 3 {% endif %}
""",
    "models/names.sql": "{{ config(materialized='view') }} select distinct name from {{ ref('cheap') }}",
    "models/schema.yml": """
version: 2
models:
  - name: cheap
    description: "What costs little"
    columns:
      - {name: id, description: "The number", tests: [unique, not_null]}
      - {name: name, tests: [{accepted_values: {values: ['a', 'b']}}]}
  - name: by_day
    columns: [{name: day, tests: [unique]}]
""",
}


class DbtProject(Endpoint):
    def __init__(self):
        super().__init__()
        for path, text in FILES.items():
            self.write("shop/" + path, text)
        self.python('import boto3; s3 = boto3.client("s3"); [s3.create_bucket(Bucket=name) for name in ("lake", "results")]; print("null")')

    def dbt(self, *arguments, **more):
        return self.module("dbt.cli.main", *arguments, "--profiles-dir", ".", cwd=self.folder + "/shop", DBT_SEND_ANONYMOUS_USAGE_STATS="false", **more)

    def rows(self, sql):
        done = self.run("query", "--project", self.folder, "--json", sql)
        assert done.returncode == 0, done.stderr
        return [[str(value) for value in json.loads(line).values()] for line in done.stdout.splitlines()]


@test
def a_project_is_built_twice_tested_and_documented():
    with DbtProject() as project:
        project.dbt("debug")
        project.dbt("build")
        equal(project.rows("SELECT id, name FROM shop.cheap ORDER BY id"), [["1", "a"], ["2", "b"]])
        equal(project.rows("SELECT day, sales FROM shop.by_day ORDER BY day"), [["2024-01-01", "2"], ["2024-01-02", "1"]])
        project.write("shop/seeds/sales.csv", FILES["seeds/sales.csv"] + "4,d,4.5,2024-01-02\n")
        project.dbt("build")
        equal(project.rows("SELECT day, sales FROM shop.by_day ORDER BY day"), [["2024-01-01", "2"], ["2024-01-02", "2"]])
        equal(project.rows("SELECT count(*) FROM shop.appended"), [["4"]])
        equal(project.rows("SELECT name FROM shop.names ORDER BY 1"), [["a"], ["b"]])
        project.dbt("docs", "generate")
        with open(os.path.join(project.folder, "shop/target/catalog.json")) as text:
            nodes = json.load(text)["nodes"]
        equal(sorted(name.split(".")[-1] for name in nodes), ["appended", "by_day", "cheap", "names", "sales"])
        equal(list(nodes["model.shop.by_day"]["columns"]), ["sales", "total", "day"])


@test
def a_failing_test_fails_the_build():
    with DbtProject() as project:
        project.write("shop/seeds/sales.csv", "id,name,price,day\n1,a,1.5,2024-01-01\n1,zzz,1.5,2024-01-01\n")
        text = project.dbt("build", status=1)
        for name in ("unique_cheap_id", "accepted_values_cheap_name"):
            assert f"FAIL" in text and name in text, text


if __name__ == "__main__":
    main()
