create table t with (format = 'PARQUET', partitioned_by = array['a', 'b']) as select * from a.b with no data
