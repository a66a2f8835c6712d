-- Without a window a result changes as rows come: its changelog.
CREATE TABLE orders (customer STRING, amount DECIMAL(10, 2))
WITH ('connector' = 'filesystem', 'path' = 'examples/tour/orders.json',
      'format' = 'json');

CREATE TABLE totals (customer STRING, orders BIGINT, total DECIMAL(38, 2))
WITH ('connector' = 'changelog-out', 'path' = 'tour-out/totals');

INSERT INTO totals
SELECT customer, COUNT(*), SUM(amount) FROM orders GROUP BY customer;
