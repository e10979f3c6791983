-- The routes with the worst average delay of the week.
SELECT
    origin,
    destination,
    sum(flights)                                          AS flights,
    sum(cancelled)                                        AS cancelled,
    round(sum(avg_arr_delay * flights) / sum(flights), 1) AS avg_arr_delay
FROM route_delays
GROUP BY origin, destination
HAVING sum(flights) >= 14
ORDER BY avg_arr_delay DESC
LIMIT 10
