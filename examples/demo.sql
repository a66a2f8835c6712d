-- A live stream of the Nexmark benchmark's auction events, 20,000 a second,
-- and what the four largest channels did in each second of it.
CREATE TEMPORARY TABLE nexmark (
  event_type INT,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING,
          url STRING, `dateTime` TIMESTAMP(3), extra STRING>,
  `dateTime` AS bid.`dateTime`,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '0.2' SECOND
) WITH (
  'connector' = 'nexmark',
  'next-event.rate' = '20000',
  'rate.limited' = 'true',
  'base-time' = 'now',
  'events.num' = '200000'
);

CREATE TEMPORARY VIEW large_channels AS
  SELECT bid.channel AS channel, bid.price AS price, bid.bidder AS bidder,
         `dateTime`
  FROM nexmark
  WHERE event_type = 2
    AND bid.channel IN ('Apple', 'Google', 'Facebook', 'Baidu');

SELECT window_start, channel, COUNT(*) AS bids,
       COUNT(DISTINCT bidder) AS bidders, MAX(price) AS highest
FROM TABLE(TUMBLE(TABLE large_channels, DESCRIPTOR(`dateTime`),
                  INTERVAL '1' SECOND))
GROUP BY window_start, window_end, channel;
