-- Bids per auction in windows of ten seconds; a minute of real time for each
-- 600,000 events. node_test.py runs it on a cluster and, unlimited, in one
-- process, and compares.
CREATE TEMPORARY TABLE nexmark (
  event_type INT,
  bid ROW<auction BIGINT, price BIGINT, `dateTime` TIMESTAMP(3)>,
  `dateTime` AS bid.`dateTime`,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH (
  'connector' = 'nexmark',
  'events.num' = '1800000',
  'next-event.rate' = '10000',
  'rate.limited' = 'true'
);

CREATE TEMPORARY TABLE bids (
  window_start TIMESTAMP(3), auction BIGINT, bids BIGINT, highest BIGINT
) WITH (
  'connector' = 'filesystem',
  'path' = '/out/bids',
  'format' = 'csv'
);

INSERT INTO bids
SELECT window_start, bid.auction, COUNT(*), MAX(bid.price)
FROM TABLE(TUMBLE(TABLE nexmark, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND))
WHERE event_type = 2
GROUP BY window_start, window_end, bid.auction;
