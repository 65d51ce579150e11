\set demand random(1, :demands)
WITH wanted AS MATERIALIZED (SELECT * FROM ranked_demand WHERE number = :demand),
candidate AS (
    SELECT o.*, l.likeness AS text
    FROM wanted d JOIN likeness l ON l.text = d.wanted
    JOIN ranked_offer o ON o.name = l.name AND o.dimension = d.dimension
    WHERE d.product_set IS NULL AND l.likeness >= 3000
    UNION ALL
    SELECT o.*, CASE WHEN d.wanted IS NULL THEN 5000 ELSE coalesce(l.likeness, 0) END
    FROM wanted d
    JOIN ranked_offer o ON o.product_set = d.product_set AND o.dimension = d.dimension
    LEFT JOIN likeness l ON l.text = d.wanted AND l.name = o.name
),
met AS (
    SELECT c.id, c.text, c.unit_price::numeric * d.base_units / c.base_units AS price, c.stars,
        CASE WHEN c.pickup THEN 0 ELSE w.km * 2500.0 * d.base_units / 1000000 END AS freight,
        w.km, w.covered, d.max_unit_price, d.price_basis, d.quantity
    FROM candidate c CROSS JOIN wanted d
    CROSS JOIN LATERAL (
        SELECT min(km) AS km, sum(least(n.quantity, a.free * c.base_units / d.base_units)) AS covered
        FROM ranked_need n
        CROSS JOIN LATERAL (
            SELECT round(2 * 6371.0088 * asin(least(1, sqrt((c.x - n.x) ^ 2 + (c.y - n.y) ^ 2
                + (c.z - n.z) ^ 2) / 2))) AS km
        ) k
        CROSS JOIN LATERAL (
            SELECT sum(q.free) AS free FROM ranked_capacity q
            WHERE q.offer = c.number AND q.free >= c.min_order
                AND q.from_day <= n.to_day AND q.to_day >= n.from_day AND q.to_day >= c.earliest
        ) a
        WHERE n.demand = d.number AND a.free > 0
            AND (c.delivers_to = '' OR c.delivers_to LIKE '%' || n.province_code || '%')
            AND (d.max_distance_km IS NULL OR k.km <= d.max_distance_km)
            AND (d.min_stars IS NULL OR (c.stars >= d.min_stars AND c.stars_until >= n.to_day))
    ) w
    WHERE w.km IS NOT NULL
)
SELECT id, floor((2500 * text
    + 2500 * coalesce(least(10000, 20000 * (max_unit_price - price - freight) / max_unit_price), 5000)
    + 1500 * floor(10000 * covered / quantity)
    + 1500 * greatest(0, floor(10000 * (1500 - km) / 1500))
    + 1000 * CASE stars WHEN 4 THEN 5000 WHEN 5 THEN 10000 ELSE 0 END
    + 1000 * 5000) / 10000) AS score
FROM met
WHERE max_unit_price IS NULL OR price IS NULL
    OR price + CASE price_basis WHEN 'delivered' THEN freight ELSE 0 END <= max_unit_price
ORDER BY score DESC, price, id
LIMIT 20;
