-- A filter over a file, onto the terminal. Missing fields are NULL.
CREATE TABLE orders (
  id BIGINT, customer STRING, country STRING, amount DECIMAL(10, 2),
  address ROW<city STRING>, ts TIMESTAMP(3)
) WITH ('connector' = 'filesystem', 'path' = 'examples/tour/orders.json',
        'format' = 'json');

SELECT id, UPPER(customer) AS who, orders.address.city AS city, amount
FROM orders WHERE amount >= 60;
