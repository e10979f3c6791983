-- Delays per route on ${partition_kv.day}.
SELECT
    f.origin,
    coalesce(p.name, f.dest)                       AS destination,
    count(*)                                       AS flights,
    count(*) FILTER (WHERE f.dep_time IS NULL)     AS cancelled,
    CAST(round(avg(f.arr_delay), 1) AS double)     AS avg_arr_delay
FROM flights f
LEFT JOIN airports p ON p.faa = f.dest
WHERE format('%d-%02d-%02d', f.year, f.month, f.day) = '${partition_kv.day}'
GROUP BY 1, 2
