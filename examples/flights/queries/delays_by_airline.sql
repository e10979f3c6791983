SELECT
    airline,
    round(sum(avg_arr_delay * arrived) / sum(arrived), 1) AS minutes
FROM daily_delays
WHERE arrived > 0
GROUP BY airline
ORDER BY minutes DESC
