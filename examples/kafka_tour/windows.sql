-- Reads topic `bids` for ever and writes to topic `bids_by_second` what
-- happened in each second of event time, as soon as it is over.
CREATE TEMPORARY TABLE bids (
  auction BIGINT,
  bidder BIGINT,
  price BIGINT,
  bid_time TIMESTAMP(3),
  WATERMARK FOR bid_time AS bid_time - INTERVAL '1' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'bids',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
);

CREATE TEMPORARY TABLE bids_by_second (
  second_start TIMESTAMP(3),
  bids BIGINT,
  bidders BIGINT,
  highest BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'bids_by_second',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'key.format' = 'json',
  'key.fields' = 'second_start',
  'format' = 'json',
  'sink.delivery-guarantee' = 'at-least-once'  -- seen at once
);

INSERT INTO bids_by_second
SELECT window_start, COUNT(*), COUNT(DISTINCT bidder), MAX(price)
FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(bid_time), INTERVAL '1' SECOND))
GROUP BY window_start, window_end;
