"""The catalog as files: export as SQL, JSON and Terraform; diff and apply."""
import json
import re

from support import Project, check_run, contains, equal, main, test

STATEMENTS = [
    "CREATE DATABASE lake COMMENT 'the lake'",
    "CREATE TABLE lake.one AS SELECT 1 AS id, 'x' AS name",
    "CREATE EXTERNAL TABLE lake.days (n bigint COMMENT 'it''s a ${number}') PARTITIONED BY (day string) STORED AS PARQUET "
    "LOCATION 's3://lake/days/' TBLPROPERTIES ('note'='a \"quoted\" word')",
    "ALTER TABLE lake.days ADD PARTITION (day = 'o''clock')",
    "CREATE VIEW lake.seen AS SELECT id FROM lake.one",
]


def project():
    made = Project()
    for statement in STATEMENTS:
        check_run(made.run("query", statement))
    return made


def export(made, *arguments):
    return check_run(made.run("catalog", "export", *arguments)).stdout


def rows(made, sql):
    return check_run(made.run("query", "--format", "csv", sql)).stdout.replace('"', "").split()[1:]


@test
def sql_makes_the_same_catalog_elsewhere():
    with project() as made, Project() as other:
        for statement in re.split(r";\n", export(made)):
            if statement.strip():
                check_run(other.run("query", statement.strip()))
        for table in ("lake.one", "lake.days", "lake.seen"):
            equal(rows(other, f"DESCRIBE {table}"), rows(made, f"DESCRIBE {table}"), table)
        equal(rows(other, "SHOW PARTITIONS lake.days"), rows(made, "SHOW PARTITIONS lake.days"))
        equal(export(other), export(made))


@test
def many_partitions_are_added_in_statements_of_a_hundred():
    with project() as made:
        text = json.loads(export(made, "lake.days", "--as", "json"))
        first = text["tables"][0]["Partitions"][0]
        text["tables"][0]["Partitions"] = [dict(first, Values=[f"d{i:03}"]) for i in range(250)]
        made.write("many.json", json.dumps(text))
        check_run(made.run("catalog", "apply", "many.json"))
        sql = export(made, "lake.days")
        equal(sql.count("ALTER TABLE"), 3)
        equal(sql.count("PARTITION ("), 251)


@test
def json_is_applied_and_changes_are_told_first():
    with project() as made, Project() as other:
        made_json = export(made, "--as", "json")
        other.write("catalog.json", made_json)
        equal(check_run(other.run("catalog", "diff", "catalog.json")).stdout.splitlines(),
              ["would be created lake.days", "would be created lake.one", "would be created lake.seen"])
        equal(check_run(other.run("catalog", "list")).stdout.startswith("No tables yet"), True)
        check_run(other.run("catalog", "apply", "catalog.json"))
        equal(check_run(other.run("catalog", "diff", "catalog.json")).stdout, "")
        equal(rows(other, "SHOW PARTITIONS lake.days"), ["day=o'clock"])
        changed = json.loads(made_json)
        changed["tables"][0]["StorageDescriptor"]["Columns"].append({"Name": "more", "Type": "string"})
        other.write("catalog.json", json.dumps(changed))
        equal(check_run(other.run("catalog", "apply", "--dry-run", "catalog.json")).stdout, "would be changed lake.days: StorageDescriptor\n")
        equal(check_run(other.run("catalog", "apply", "catalog.json")).stdout, "changed lake.days: StorageDescriptor\n")
        contains(" ".join(rows(other, "DESCRIBE lake.days")), "more")


@test
def terraform_gets_resources_and_leaves_publishing_alone():
    with project() as made:
        text = export(made, "lake", "--as", "terraform")
        contains(text, 'resource "aws_glue_catalog_database" "lake" {\n  name = "lake"\n  description = "the lake"\n}')
        contains(text, 'resource "aws_glue_catalog_table" "lake_one" {\n  database_name = aws_glue_catalog_database.lake.name\n  name = "one"\n')
        contains(text, 'comment = "it\'s a $${number}"')
        contains(text, '"note" = "a \\"quoted\\" word"')
        contains(text, '  partition_keys {\n    name = "day"\n    type = "string"\n  }')
        contains(text.split('"lake_one"')[1].split("resource")[0], "ignore_changes = [parameters, storage_descriptor[0].location]")
        contains(text, 'table_type = "VIRTUAL_VIEW"')
        equal(text.count("{"), text.count("}"))


@test
def mistakes_are_told():
    with project() as made:
        contains(check_run(made.run("catalog", "export", "--as", "xml"), 1).stderr, "--as must be sql, json or terraform, not 'xml'")
        contains(check_run(made.run("catalog", "export", "nix"), 1).stderr, "nix")
        contains(check_run(made.run("catalog", "export", "lake.nix"), 1).stderr, "nix")
        contains(check_run(made.run("catalog", "apply"), 2).stderr, "catalog apply needs a file")
        made.write("broken.json", "{")
        contains(check_run(made.run("catalog", "apply", "broken.json"), 1).stderr, "'broken.json' is no file of `catalog export --as json`")
        made.write("broken.json", '{"tables": [{"Name": "x"}]}')
        contains(check_run(made.run("catalog", "apply", "broken.json"), 1).stderr, 'a table needs "Name" and "DatabaseName"')
        contains(check_run(made.run("catalog", "apply", "missing.json"), 1).stderr, "missing.json")


main()
