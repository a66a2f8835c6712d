-- 20,000 auction events a second for ten and a half seconds; the bids among
-- them become records of topic `bids`.
CREATE TEMPORARY TABLE nexmark (
  event_type INT,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING,
          url STRING, `dateTime` TIMESTAMP(3), extra STRING>
) WITH (
  'connector' = 'nexmark',
  'next-event.rate' = '20000',
  'rate.limited' = 'true',
  'base-time' = '2024-05-01 10:00:00',
  'events.num' = '210000'
);

CREATE TEMPORARY TABLE bids (
  auction BIGINT,
  bidder BIGINT,
  price BIGINT,
  channel STRING,
  bid_time TIMESTAMP(3)
) WITH (
  'connector' = 'kafka',
  'topic' = 'bids',
  'properties.bootstrap.servers' = '127.0.0.1:9092',
  'format' = 'json',
  'sink.delivery-guarantee' = 'at-least-once'  -- seen at once
);

INSERT INTO bids
SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.`dateTime`
FROM nexmark WHERE event_type = 2;
