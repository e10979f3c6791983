-- Flights and delays per airline and day.
SELECT
    CAST(format('%d-%02d-%02d', f.year, f.month, f.day) AS date) AS day,
    a.name                                                       AS airline,
    count(*)                                                     AS flights,
    count(f.arr_delay)                                           AS arrived,
    round(avg(f.dep_delay), 1)                                   AS avg_dep_delay,
    round(avg(f.arr_delay), 1)                                   AS avg_arr_delay,
    max(f.arr_delay)                                             AS max_arr_delay
FROM flights f
JOIN airlines a ON a.carrier = f.carrier
GROUP BY 1, 2
