WITH daily AS (
    SELECT
        day,
        carrier,
        origin,
        count(*) AS flights,
        sum(distance) AS distance,
        avg(delay) AS delay,
        sum(price) AS revenue
    FROM lake.flights
    WHERE day BETWEEN date '2024-01-01' AND date '2024-12-31'
      AND carrier IN ('AA', 'BB', 'CC', 'DD')
      AND NOT (delay IS NULL OR delay < -120)
    GROUP BY
        day,
        carrier,
        origin
),
monthly AS (
    SELECT
        date_trunc('month', day) AS month,
        carrier,
        sum(flights) AS flights,
        sum(distance) AS distance,
        max(delay) AS worst,
        cast(sum(revenue) AS decimal(18, 2)) AS revenue
    FROM daily
    GROUP BY 1, 2
),
ranked AS (
    SELECT
        month,
        carrier,
        flights,
        revenue,
        rank() OVER (
            PARTITION BY month
            ORDER BY revenue DESC
        ) AS place,
        lag(revenue) OVER (
            PARTITION BY carrier
            ORDER BY month
        ) AS before
    FROM monthly
),
late AS (
    SELECT
        carrier,
        target,
        count(*) AS late_flights
    FROM lake.flights
    WHERE delay > 15
      AND regexp_like(origin, '^[A-Z]{3}$')
    GROUP BY carrier, target
    HAVING count(*) > 10
),
names AS (
    SELECT
        carrier,
        upper(trim(carrier)) AS name,
        CASE
            WHEN carrier = 'AA' THEN 'alpha'
            WHEN carrier = 'BB' THEN 'beta'
            WHEN carrier LIKE 'C%' THEN 'gamma'
            ELSE 'other'
        END AS kind
    FROM lake.flights
    GROUP BY carrier
)
SELECT
    r.month,
    n.name,
    n.kind,
    r.place,
    r.flights,
    r.revenue,
    coalesce(r.revenue - r.before, 0) AS growth,
    CASE
        WHEN r.before > 0
        THEN round(100.0 * (r.revenue - r.before) / r.before, 1)
    END AS growth_percent,
    sum(l.late_flights) AS late_flights,
    array_join(array_agg(DISTINCT l.target), ',') AS targets,
    date_format(cast(r.month AS timestamp), '%Y-%m') AS label
FROM ranked r
JOIN names n
  ON n.carrier = r.carrier
LEFT JOIN late l
  ON l.carrier = r.carrier
WHERE r.place <= 10
  AND r.month >= date '2024-02-01'
GROUP BY
    r.month,
    n.name,
    n.kind,
    r.place,
    r.flights,
    r.revenue,
    r.before
ORDER BY r.month, r.place
LIMIT 1000
