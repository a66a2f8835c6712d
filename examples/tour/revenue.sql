-- Revenue by country and minute of event time, into a folder of CSV files.
-- Order 6 comes late by some seconds: the watermark waits ten.
CREATE TABLE orders (
  country STRING, amount DECIMAL(10, 2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '10' SECOND
) WITH ('connector' = 'filesystem', 'path' = 'examples/tour/orders.json',
        'format' = 'json');

CREATE TABLE revenue (
  minute_start TIMESTAMP(3), country STRING, orders BIGINT, total DECIMAL(38, 2)
) WITH ('connector' = 'filesystem', 'path' = 'tour-out/revenue',
        'format' = 'csv',
        'csv.write-bigdecimal-in-scientific-notation' = 'false');

INSERT INTO revenue
SELECT window_start, country, COUNT(*), SUM(amount)
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, country;
