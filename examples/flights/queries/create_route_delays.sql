CREATE EXTERNAL TABLE IF NOT EXISTS route_delays (
    origin        string,
    destination   string,
    flights       bigint,
    cancelled     bigint,
    avg_arr_delay double
)
COMMENT 'Delays per route; one partition per day'
PARTITIONED BY (day string)
STORED AS PARQUET
LOCATION 's3://flights/route_delays/'
TBLPROPERTIES ('parquet.compression' = 'ZSTD')
