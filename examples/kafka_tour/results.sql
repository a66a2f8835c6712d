-- What lies in topic `bids_by_second` now.
CREATE TEMPORARY TABLE bids_by_second (
  second_start TIMESTAMP(3),
  bids BIGINT,
  bidders BIGINT,
  highest BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'bids_by_second',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'json'
);

SELECT * FROM bids_by_second;
