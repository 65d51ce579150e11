-- The ranking of match queries as PostgreSQL does it best: one narrow row an offer, a delivery, a
-- capacity; unit vectors for distances; likenesses worked out beforehand (table `likeness`, made by
-- the measurement); an index for every way in. Run once, after `likeness` is filled.

CREATE TABLE ranked_offer AS
SELECT row_number() OVER (ORDER BY o.id)::int AS number, o.id, p.product_set, n.number AS name,
    o.dimension, o.base_units, o.unit_price, o.min_order, o.province_code, o.delivers_to, o.pickup,
    (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + o.lead_time_days AS earliest,
    cos(radians(o.lat_e6 / 1e6)) * cos(radians(o.lon_e6 / 1e6)) AS x,
    cos(radians(o.lat_e6 / 1e6)) * sin(radians(o.lon_e6 / 1e6)) AS y,
    sin(radians(o.lat_e6 / 1e6)) AS z,
    s.stars, s.until AS stars_until
FROM offers o
JOIN products p ON p.id = o.product_id
JOIN name_number n ON n.name = p.name
LEFT JOIN LATERAL (
    SELECT c.stars, c.expires_on::date AS until FROM certificates c
    WHERE c.product_id = p.id AND c.kind = 'ocop' ORDER BY c.decision_date DESC LIMIT 1
) s ON true
WHERE o.status = 'published' AND o.visibility = 'public';
CREATE UNIQUE INDEX ON ranked_offer (number);
CREATE INDEX ON ranked_offer (name, dimension);
CREATE INDEX ON ranked_offer (product_set, dimension);

CREATE TABLE ranked_capacity AS
SELECT o.number AS offer, c.from_day::date AS from_day, c.to_day::date AS to_day,
    c.declared - c.held - c.committed - c.consumed AS free
FROM capacities c JOIN ranked_offer o ON o.id = c.offer_id;
CREATE INDEX ON ranked_capacity (offer) INCLUDE (from_day, to_day, free);

CREATE TABLE ranked_demand AS
SELECT row_number() OVER (ORDER BY d.id)::int AS number, d.id, t.number AS wanted,
    nullif(trim(both ',' from d.product_sets), '')::int AS product_set,
    d.dimension, d.base_units, d.max_unit_price, d.price_basis,
    (d.requirements::json ->> 0)::int AS min_stars,
    (d.requirements::json ->> 3)::int AS max_distance_km,
    (SELECT sum(quantity) FROM delivery_needs n WHERE n.demand_id = d.id)::bigint AS quantity
FROM demands d LEFT JOIN text_number t ON t.text = d.wanted_text
WHERE d.status = 'open' AND d.visibility = 'public';
CREATE UNIQUE INDEX ON ranked_demand (number);

CREATE TABLE ranked_need AS
SELECT d.number AS demand, n.province_code, n.from_day::date AS from_day, n.to_day::date AS to_day,
    n.quantity,
    cos(radians(n.lat_e6 / 1e6)) * cos(radians(n.lon_e6 / 1e6)) AS x,
    cos(radians(n.lat_e6 / 1e6)) * sin(radians(n.lon_e6 / 1e6)) AS y,
    sin(radians(n.lat_e6 / 1e6)) AS z
FROM delivery_needs n JOIN ranked_demand d ON d.id = n.demand_id;
CREATE INDEX ON ranked_need (demand);

CREATE INDEX ON likeness (text, name) INCLUDE (likeness);
VACUUM ANALYZE;
