#!/usr/bin/env python3
"""Makes the small TPC tables of the corpus in Trino (hive.tg_cases) and copies their Parquet files to tables/.

Usage: tables.py WAREHOUSE [FOLDER] (WAREHOUSE is the folder behind Trino's catalog hive). With FOLDER it is TPC-H SF1
as a whole that goes to FOLDER/tables, for tests/bench/sql.py. Of the small tables an eighth of the facts is kept, all by item, so that
the channels still meet; of the wide dimensions the rows that are referred to.
"""
import glob
import os
import shutil
import sys

import record

HERE = os.path.dirname(os.path.abspath(__file__))
FACTS = {"store_sales": "ss", "store_returns": "sr", "catalog_sales": "cs", "catalog_returns": "cr", "web_sales": "ws",
         "web_returns": "wr", "inventory": "inv"}
SOLD = {"store_sales": "ss", "catalog_sales": "cs", "web_sales": "ws"}
ALL = ("call_center customer customer_address household_demographics income_band item promotion reason "
       "ship_mode store warehouse web_page web_site").split()
TPCH = "region nation supplier customer part partsupp orders lineitem".split()


def referred(column, parts):
    return " union ".join(f"select {part}_{column} from hive.tg_cases.{table}" for table, part in parts.items())


def filters():
    """(table, the condition of its rows): facts first, as dimensions look into them."""
    for table, part in FACTS.items():
        yield table, f"{part}_item_sk % 8 = 1" + (" and inv_date_sk % 2 = 0" if part == "inv" else "")
    yield "date_dim", "d_year between 1997 and 2004"
    yield "time_dim", f"t_time_sk in ({referred('sold_time_sk', SOLD)})"
    yield "customer_demographics", (
        "cd_demo_sk in (select c_current_cdemo_sk from tpcds.tiny.customer union select ss_cdemo_sk from hive.tg_cases.store_sales "
        "union select cs_bill_cdemo_sk from hive.tg_cases.catalog_sales where cs_order_number % 4 = 0 "
        "union select wr_refunded_cdemo_sk from hive.tg_cases.web_returns union select wr_returning_cdemo_sk from hive.tg_cases.web_returns)")
    yield "catalog_page", (f"cp_catalog_page_sk in ({referred('catalog_page_sk', {'catalog_sales': 'cs', 'catalog_returns': 'cr'})})")
    for table in ALL:
        yield table, "true"


def columns(source):
    """The list of a SELECT: char(n) becomes varchar without its blanks."""
    rows = record.ask(f"select column_name, data_type from {source.split('.')[0]}.information_schema.columns where "
                      f"table_schema = 'tiny' and table_name = '{source.split('.')[-1]}' order by ordinal_position")[1]
    return ", ".join(f"cast(rtrim({name}) as varchar) as {name}" if kind.startswith("char") else
                     (f"cast({name} as varchar) as {name}" if kind.startswith("varchar") else name) for name, kind in rows)


def hive_type(kind):
    return {"integer": "int", "varchar": "string"}.get(kind, "string" if kind.startswith("varchar") else kind).replace(" ", "")


def describe(name):
    """A line of columns.txt: the table's name, then columns with Hive's types."""
    rows = record.ask(f"select column_name, data_type from hive.information_schema.columns where table_schema = 'tg_cases' "
                      f"and table_name = '{name}' order by ordinal_position")[1]
    return name + " " + " ".join(f"{column}:{hive_type(kind)}" for column, kind in rows) + "\n"


def make(name, source, condition, warehouse, into=os.path.join(HERE, "tables")):
    record.ask(f"drop table if exists hive.tg_cases.{name}")
    record.ask(f"create table hive.tg_cases.{name} with (format = 'PARQUET') as select {columns(source)} from {source} "
               f"where {condition}")
    files = sorted(path for path in glob.glob(f"{warehouse}/**/{name}/*", recursive=True)
                   if os.path.isfile(path) and not os.path.basename(path).startswith("."))
    folder = os.path.join(into, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for i, path in enumerate(files):
        shutil.copy(path, os.path.join(folder, f"{i}.parquet"))
    print(f"{name}: {record.ask(f'select count(*) from hive.tg_cases.{name}')[1][0][0]} rows, "
          f"{sum(map(os.path.getsize, files))} bytes, {len(files)} files")
    return describe(name)


def main():
    warehouse = sys.argv[1]
    record.HEADERS["X-Trino-Session"] += ",hive.compression_codec=ZSTD,task_min_writer_count=1,scale_writers=false,use_preferred_write_partitioning=false"
    record.ask("create schema if not exists hive.tg_cases")
    if len(sys.argv) > 2:
        into = os.path.join(sys.argv[2], "tables")
        lines = [make("h_" + table, "tpch.sf1." + table, "true", warehouse, into) for table in TPCH]
    else:
        into = os.path.join(HERE, "tables")
        lines = small_tables(warehouse)
    with open(os.path.join(into, "columns.txt"), "w", encoding="utf-8") as file:
        file.write("".join(lines))


def small_tables(warehouse):
    lines = []
    for table, condition in filters():
        lines.append(make(table, "tpcds.tiny." + table, condition, warehouse))
    for table in TPCH:
        condition = {"orders": "o_orderkey % 4 = 0", "lineitem": "l_orderkey % 4 = 0"}.get(table, "true")
        lines.append(make("h_" + table, "tpch.tiny." + table, condition, warehouse))
    return lines


if __name__ == "__main__":
    main()
