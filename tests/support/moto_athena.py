"""What moto's Athena lacks: statements that do something, and states and rows that a test asks for.

moto answers every query with success and no rows. Here a CREATE TABLE AS makes its Glue table and one object (or one a
partition), an INSERT one object more, and comments in the SQL say the rest:

    /* moto: fail REASON */          the query fails
    /* moto: running */              it runs until it is stopped
    /* moto: scanned 123 */          DataScannedInBytes
    /* moto: rows [["a", null]] */   the rows of its result
    /* moto: partitions ["a", …] */  values of the first partition key; more than 100 in one statement fail
"""
import json
import re

TYPES = [(r"-?\d+$", "int"), (r"'.*'$", "string")]


class Athena:
    def __init__(self, client):
        self.client = client  # (service) -> a botocore client of this very server
        self.patches = {}
        self.tokens = {}
        self.starts = 0

    def directive(self, sql, name, fallback=None):
        found = re.search(r"/\* moto: " + name + r" ?(.*?) \*/", sql)
        return fallback if found is None else found.group(1)

    def started(self, request, answer):
        """A StartQueryExecution that moto took."""
        sql, token = request["QueryString"], request["ClientRequestToken"]
        if token in self.tokens:
            answer["QueryExecutionId"] = self.tokens[token]
            return
        self.starts += 1
        query = self.tokens[token] = answer["QueryExecutionId"]
        patch = self.patches[query] = {"State": "SUCCEEDED", "rows": json.loads(self.directive(sql, "rows", "[]")), "count": None, "sql": sql,
                                       "database": request.get("QueryExecutionContext", {}).get("Database"),
                                       "scanned": int(self.directive(sql, "scanned", "0")), "reason": None}
        body = re.sub(r"--[^\n]*", "", sql).strip()
        if self.directive(sql, "fail") is not None:
            patch.update(State="FAILED", reason=self.directive(sql, "fail"))
        elif self.directive(sql, "running") is not None:
            patch.update(State="RUNNING")
        elif body.startswith("CREATE TABLE"):
            self.create(body, patch)
        elif body.startswith("INSERT INTO"):
            self.insert(body, patch)

    def values_of(self, body):
        """Partition values that the statement writes: all, or those its conditions name."""
        all_values = json.loads(self.directive(body, "partitions", "[]"))
        named = set(re.findall(r"AS varchar\) = '((?:[^']|'')*)'", body))
        return [v for v in all_values if not named or v in named]

    def create(self, body, patch):
        table = re.match(r'CREATE TABLE (?:IF NOT EXISTS )?"([^"]+)"', body).group(1)
        location = re.search(r"external_location = '([^']+)'", body).group(1)
        key = re.search(r"partitioned_by = ARRAY\['([^']+)'", body)
        values = self.values_of(body)
        if len(values) > 100:
            patch.update(State="FAILED", reason="HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets")
            return
        columns = [{"Name": name, "Type": next((t for p, t in TYPES if re.match(p, value)), "string")}
                   for value, name in re.findall(r"('[^']*'|-?\d+) AS (\w+)", body.split("AS\n", 1)[1])]
        keys = [c for c in columns if key and c["Name"] == key.group(1)]
        storage = {"Columns": [c for c in columns if c not in keys], "Location": location, "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}}
        self.client("glue").create_table(DatabaseName=patch["database"], TableInput={
            "Name": table.lower(), "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage, "PartitionKeys": keys, "Parameters": {"EXTERNAL": "TRUE"}})
        if "WITH NO DATA" not in body and "WHERE false" not in body:
            self.write(patch, table.lower(), storage, values if keys else None)

    def insert(self, body, patch):
        table = re.match(r'INSERT INTO "([^"]+)"', body).group(1).lower()
        found = self.client("glue").get_table(DatabaseName=patch["database"], Name=table)["Table"]
        self.write(patch, table, found["StorageDescriptor"], self.values_of(body) if found["PartitionKeys"] else None)

    def write(self, patch, table, storage, values):
        bucket, _, prefix = storage["Location"][5:].partition("/")
        glue, s3 = self.client("glue"), self.client("s3")
        places = [prefix] if values is None else []
        if values is not None:
            key = glue.get_table(DatabaseName=patch["database"], Name=table)["Table"]["PartitionKeys"][0]["Name"]
            for value in values:
                places.append(f"{prefix}{key}={value}/")
                glue.create_partition(DatabaseName=patch["database"], TableName=table, PartitionInput={
                    "Values": [value], "StorageDescriptor": {**storage, "Location": f"s3://{bucket}/{prefix}{key}={value}"}})
        for place in places:
            s3.put_object(Bucket=bucket, Key=f"{place}{self.starts}", Body=patch["sql"].encode())
        patch["count"] = len(places)

    def looked_at(self, execution):
        patch = self.patches.get(execution["QueryExecutionId"])
        if patch is None:
            return
        execution["Status"]["State"] = patch["State"]
        if patch["reason"]:
            execution["Status"]["StateChangeReason"] = patch["reason"]
        execution.setdefault("Statistics", {})["DataScannedInBytes"] = patch["scanned"]
        word = re.sub(r"/\*.*?\*/|--[^\n]*", "", patch["sql"], flags=re.S).split()[0].upper()
        execution["StatementType"] = "DML" if word in ("SELECT", "WITH", "INSERT") else "DDL"
        execution["SubstatementType"] = {"CREATE": "CREATE_TABLE_AS_SELECT", "WITH": "SELECT"}.get(word, word)

    def results_of(self, query, answer):
        patch = self.patches.get(query)
        if patch is None:
            return
        rows = patch["rows"]
        if patch["count"] is not None:
            answer["UpdateCount"] = patch["count"]
        names = [f"c{i + 1}" for i in range(len(rows[0]) if rows else 1)]
        cells = [names] + rows if "SELECT" in patch["sql"] and patch["count"] is None else rows
        answer["ResultSet"] = {"Rows": [{"Data": [{} if c is None else {"VarCharValue": c} for c in row]} for row in cells],
                               "ResultSetMetadata": {"ColumnInfo": [{"Name": n, "Label": n, "Type": "varchar", "CatalogName": "hive", "SchemaName": "", "TableName": ""} for n in names]}}

    def stopped(self, query):
        if self.patches.get(query, {}).get("State") == "RUNNING":
            self.patches[query].update(State="CANCELLED", reason="Query was stopped by the user")

    def take(self, action, request, answer):
        """Changes moto's answer to one action."""
        if action == "StartQueryExecution":
            self.started(request, answer)
        elif action == "GetQueryExecution":
            self.looked_at(answer["QueryExecution"])
        elif action == "GetQueryResults":
            self.results_of(request["QueryExecutionId"], answer)
        elif action == "StopQueryExecution":
            self.stopped(request["QueryExecutionId"])
        return answer
